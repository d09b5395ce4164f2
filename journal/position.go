package journal

import (
	"encoding/binary"
	"fmt"

	"footfall/store"
)

// Each owner keeps its position under "pos/" and its name in the meta space, as a uvarint.
func positionKey(owner string) []byte { return append([]byte("\x00pos/"), owner...) }

// StoredPosition returns the position that an owner's stored state has, 0 if it has none.
func StoredPosition(r store.Reader, owner string) (Position, error) {
	v, found, err := r.Get(positionKey(owner))
	if err != nil || !found {
		return 0, err
	}
	pos, n := binary.Uvarint(v)
	if n <= 0 {
		return 0, fmt.Errorf("%w: the position of %s", errRecord, owner)
	}
	return Position(pos), nil
}

// StorePosition writes an owner's position with the state that has it.
func StorePosition(b *store.Batch, owner string, pos Position) {
	b.Set(positionKey(owner), binary.AppendUvarint(nil, uint64(pos)))
}

// ForgetPositions makes every owner apply the whole journal at the next Open: the last step of emptying the derived
// spaces for a rebuild.
func ForgetPositions(b *store.Batch) {
	prefix := positionKey("")
	b.DeleteRange(prefix, store.PrefixEnd(prefix))
}
