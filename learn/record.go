package learn

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"footfall/scorer"

	"github.com/klauspost/compress/zstd"
)

// decision is what a record says: the state that it brings, what goes into the training log, and the version that was
// trained, if one was.
type decision struct {
	Organization string   `json:"organization"`
	State        state    `json:"state"`
	Entry        Entry    `json:"entry"`
	Trained      *Version `json:"trained,omitempty"`
}

// The body of a journal.KindModel record:
//
//	u8 version (1) | uv n, n bytes: the decision as JSON | the model file, zstd; nothing if there is none
//
// The value of the space models under a version's number:
//
//	u8 version (1) | uv n, n bytes: the Version as JSON | the model file, zstd; nothing if there is none
//
// and under the number 0, and of the space training log:
//
//	u8 version (1) | the state, or the entry, as JSON
const rowVersion = 1

func pack(v any, model []byte) ([]byte, error) {
	head, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode what was learned: %w", err)
	}
	b := binary.AppendUvarint([]byte{rowVersion}, uint64(len(head)))
	return append(append(b, head...), model...), nil
}

func unpack(b []byte, v any) (model []byte, err error) {
	if len(b) == 0 || b[0] != rowVersion {
		return nil, fmt.Errorf("%w: version", errCorrupt)
	}
	size, n := binary.Uvarint(b[1:])
	if n <= 0 || size > uint64(len(b)-1-n) {
		return nil, fmt.Errorf("%w: length", errCorrupt)
	}
	rest := b[1+n:]
	if err := json.Unmarshal(rest[:size], v); err != nil {
		return nil, fmt.Errorf("%w: %w", errCorrupt, err)
	}
	return rest[size:], nil
}

func encodeRecord(d *decision, model []byte) ([]byte, error) { return pack(d, model) }

func decodeRecord(b []byte) (*decision, []byte, error) {
	d := new(decision)
	model, err := unpack(b, d)
	return d, model, err
}

func encodeVersion(v *Version, model []byte) ([]byte, error) { return pack(v, model) }

func decodeVersion(b []byte) (*Version, []byte, error) {
	v := rules()
	model, err := unpack(b, v) // older versions have no back-test, which leaves the list empty
	return v, model, err
}

func encodeJSON(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode what was learned: %w", err)
	}
	return append([]byte{rowVersion}, b...), nil
}

func decodeJSON(b []byte, v any) error {
	if len(b) == 0 || b[0] != rowVersion {
		return fmt.Errorf("%w: version", errCorrupt)
	}
	if err := json.Unmarshal(b[1:], v); err != nil {
		return fmt.Errorf("%w: %w", errCorrupt, err)
	}
	return nil
}

func encodeState(s *state) ([]byte, error) { return encodeJSON(s) }

func decodeState(b []byte) (*state, error) {
	s := new(state)
	return s, decodeJSON(b, s)
}

func encodeEntry(e *Entry) ([]byte, error) { return encodeJSON(e) }

func decodeEntry(b []byte) (e Entry, err error) { return e, decodeJSON(b, &e) }

// maxModel bounds an unpacked model file, which none of scorer's recipes comes near.
const maxModel = 256 << 20

// packModel compresses a model file.
func packModel(m *scorer.Model) ([]byte, error) {
	file, err := m.Marshal()
	if err != nil {
		return nil, err
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("compress a model: %w", err)
	}
	defer w.Close()
	return w.EncodeAll(file, nil), nil
}

// unpackModel reads a compressed model file.
func unpackModel(packed []byte) (*scorer.Model, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxModel))
	if err != nil {
		return nil, fmt.Errorf("decompress a model: %w", err)
	}
	defer r.Close()
	file, err := r.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: model: %w", errCorrupt, err)
	}
	m, err := scorer.ParseModel(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCorrupt, err)
	}
	if len(m.Columns) != int(scorer.NumFeatures) {
		return nil, fmt.Errorf("%w: a model of %d features", errCorrupt, len(m.Columns))
	}
	return m, nil
}

// Entry is a row of the training log.
type Entry struct {
	At      time.Time `json:"time"`
	Kind    string    `json:"kind"` // one of those below
	Version string    `json:"version"`
	From    string    `json:"from"` // the version that was active before
	By      string    `json:"by"`
	Why     string    `json:"why"`
	Labels  int       `json:"labels"` // of a training
	Wins    int       `json:"wins"`
	AUC     *float64  `json:"auc"`
}

// The kinds of entries.
const (
	EntryTraining   = "training"   // and what was decided about its model; Version is active if it differs from From
	EntryActivation = "activation" // somebody chose a version
	EntryRollback   = "rollback"   // the active version did worse than the base rate
	EntryRefresh    = "refresh"    // the level of the active version was set anew
)
