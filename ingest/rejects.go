package ingest

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"footfall/fault"
	"footfall/store"
)

// The rejects space is a ring for each site. Its newest number is the largest key; what is 1,000 numbers older is
// deleted with the write.
//
//	key    0x30 | site u32 | number u64, big endian, the first one is 1
//	value  u8 version (1) | RejectRow as JSON
const rejectVersion = 1

const (
	maxRejects      = 1000    // kept for each site
	maxRejectEvent  = 2 << 10 // bytes of one event in the ring
	rejectsASecond  = 100     // written for each site, so that a flood of bad bodies is no flood of writes
	rejectKeyLength = 1 + 4 + 8
)

// RejectRow is one event, or one whole request, that was not taken as it came.
type RejectRow struct {
	Site    uint32     `json:"site_id"`
	Number  uint64     `json:"-"` // ascending within the site
	Time    time.Time  `json:"time"`
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Field   string     `json:"field,omitempty"`
	// Event is the event without what may not be kept: an object, or a string with its beginning if it was long.
	// Null if it was no JSON, or if the request was refused before there were events.
	Event json.RawMessage `json:"event"`
}

// ring writes and lists rejected events.
type ring struct {
	db    *store.DB
	mu    sync.Mutex
	sites map[uint32]*ringSite // those that had rejects since the start
}

type ringSite struct {
	last   uint64    // number of the newest row
	at     time.Time // of it; later rows are not older, whatever the clock does
	second int64     // of the newest write
	wrote  int       // rows in that second
}

func rejectKey(site uint32, number uint64) []byte {
	key := binary.BigEndian.AppendUint32(make([]byte, 0, rejectKeyLength), site)
	key = append([]byte{byte(store.Rejects)}, key...)
	return binary.BigEndian.AppendUint64(key, number)
}

// add keeps as many of the rejects as the rate allows and returns how many it did not.
func (g *ring) add(d *Decoder, site uint32, now time.Time, rejects []Reject) (lost int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.site(site)
	if err != nil {
		return len(rejects), err
	}
	if second := now.Unix(); second != s.second {
		s.second, s.wrote = second, 0
	}
	kept := rejects[:min(len(rejects), rejectsASecond-s.wrote)]
	lost = len(rejects) - len(kept)
	if len(kept) == 0 {
		return lost, nil
	}
	b := g.db.NewBatch()
	last, at := s.last, now
	if at.Before(s.at) {
		at = s.at
	}
	for i := range kept {
		last++
		row, err := rowOf(d, site, at, &kept[i])
		if err != nil {
			b.Close()
			return len(rejects), err
		}
		b.Set(rejectKey(site, last), row)
		if last > maxRejects {
			b.Delete(rejectKey(site, last-maxRejects))
		}
	}
	if err := b.Commit(false); err != nil {
		return len(rejects), fmt.Errorf("keep rejected events: %w", err)
	}
	s.last, s.at = last, at
	s.wrote += len(kept)
	return lost, nil
}

// site returns the state of a site's ring, read from the store the first time.
func (g *ring) site(site uint32) (*ringSite, error) {
	if s := g.sites[site]; s != nil {
		return s, nil
	}
	newest, err := g.list(site, 1, nil)
	if err != nil {
		return nil, err
	}
	s := new(ringSite)
	if len(newest) > 0 {
		s.last, s.at = newest[0].Number, newest[0].Time
	}
	g.sites[site] = s
	return s, nil
}

func rowOf(d *Decoder, site uint32, at time.Time, r *Reject) ([]byte, error) {
	row := RejectRow{Site: site, Time: at.UTC().Truncate(time.Millisecond), Code: r.Code, Message: r.Message, Field: r.Field}
	if text := d.Redact(nil, r.Raw); len(text) > maxRejectEvent {
		// Half an object is no JSON, so its beginning goes in as text. Quotes are escaped in it: half as much fits.
		beginning, err := json.Marshal(strings.ToValidUTF8(string(text[:maxRejectEvent/2]), ""))
		if err != nil {
			return nil, fmt.Errorf("encode a rejected event: %w", err)
		}
		row.Event = beginning
	} else if len(text) > 0 {
		row.Event = text
	}
	value, err := json.Marshal(row)
	if err != nil {
		return nil, fmt.Errorf("encode a rejected event: %w", err)
	}
	return append([]byte{rejectVersion}, value...), nil
}

var errRejectRow = errors.New("ingest: a stored reject cannot be read")

func decodeReject(key, value []byte) (row RejectRow, err error) {
	if len(key) != rejectKeyLength || len(value) < 1 || value[0] != rejectVersion {
		return row, fmt.Errorf("%w: key %x", errRejectRow, key)
	}
	if err := json.Unmarshal(value[1:], &row); err != nil {
		return row, fmt.Errorf("%w: key %x: %w", errRejectRow, key, err)
	}
	row.Site, row.Number = binary.BigEndian.Uint32(key[1:]), binary.BigEndian.Uint64(key[5:])
	return row, nil
}

// RejectPlace is where a row stands in the rejects of several sites: the newest first, then by site, then the newest number
// first.
type RejectPlace struct {
	Time   int64 // ms
	Site   uint32
	Number uint64
}

// Place returns where the row stands.
func (r *RejectRow) Place() RejectPlace { return RejectPlace{r.Time.UnixMilli(), r.Site, r.Number} }

func (p RejectPlace) compare(o RejectPlace) int {
	return cmp.Or(cmp.Compare(o.Time, p.Time), cmp.Compare(p.Site, o.Site), cmp.Compare(o.Number, p.Number))
}

// listSites returns at most limit rows of several sites that come after a place; nil: from the newest one.
func (g *ring) listSites(sites []uint32, limit int, after *RejectPlace) ([]RejectRow, error) {
	page := []RejectRow{}
	inOrder := func(a, b RejectRow) int { return a.Place().compare(b.Place()) }
	for _, site := range sites {
		rows, err := g.list(site, limit, after)
		if err != nil {
			return nil, err
		}
		page = append(page, rows...)
		slices.SortFunc(page, inOrder)
		page = page[:min(len(page), limit)]
	}
	return page, nil
}

// list is listSites of one site, whose times go the way of its numbers.
func (g *ring) list(site uint32, limit int, after *RejectPlace) ([]RejectRow, error) {
	rows := []RejectRow{}
	if limit < 1 {
		return rows, nil
	}
	rg := store.Range{Lo: rejectKey(site, 0), Hi: rejectKey(site, math.MaxUint64), Reverse: true}
	err := g.db.Reader().Scan(rg, func(key, value []byte) error {
		row, err := decodeReject(key, value)
		if err != nil {
			return err
		}
		if after == nil || row.Place().compare(*after) > 0 {
			rows = append(rows, row)
		}
		if len(rows) == limit {
			return store.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list rejected events: %w", err)
	}
	return rows, nil
}
