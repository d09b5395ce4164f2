package leads

import (
	"encoding/binary"
	"fmt"
	"math"

	"footfall/store"
)

// Standing is how far a lead is, without a word of who its person is.
type Standing struct {
	Profile   string // now
	Created   int64  // ms
	Contacted int64  // first change from new, ms, 0: never, or it is not known when
	Status    string
	Priority  string
	Open      bool // somebody should still do something about it
	Moved     bool // it was ever anything but new
	Qualified bool // it was ever qualified or won
	Won       bool // its latest outcome is closed_won
	WonDay    int32
	WonAfter  int32 // days from its creation until then
}

// Standings visits the standings of the leads of a site that were created in [from, to), ms, by time of creation. What it
// shows is of one moment. The standing is lent.
func (l *Leads) Standings(site uint32, from, to int64, visit func(*Standing) error) error {
	return l.eachStanding(site, from, to, func(_ store.Reader, _ store.ID, s *standing) error { return visit(s.shown()) })
}

func (l *Leads) eachStanding(site uint32, from, to int64, visit func(v store.Reader, id store.ID, s *standing) error) (err error) {
	v := l.db.NewView()
	defer func() {
		if cerr := v.Close(); err == nil {
			err = cerr
		}
	}()
	rg := store.Range{Lo: timeKey(site, max(from, 0), store.ID{}), Hi: timeKey(site, max(to, 0), store.ID{})}
	return v.Scan(rg, func(k, value []byte) error {
		_, created, id, err := parseTimeKey(k)
		if err != nil {
			return err
		}
		s, err := l.standingOf(v.Reader, site, id, created, value, false)
		if err != nil {
			return err
		}
		return visit(v.Reader, id, &s)
	})
}

// standing is what the index by time says of a lead, so that who counts, sorts or looks through leads reads no rows.
type standing struct {
	Created   int64 // in the key
	Contacted int64
	Profile   string
	Status    status
	Priority  priority
	Moved     bool
	Qualified bool
	Won       bool
	WonDay    int32
	WonAfter  int32

	// What version 1 does not say, and the row does.
	ID           string
	Score        float64
	Updated      int64
	LastActivity int64
	Session      store.ID // keyed hashes, zero for none
	Listing      store.ID
}

// standing returns what the index is to say of a row.
func (l *Leads) standing(r *row) standing {
	s := standing{
		Created: r.Created, Contacted: r.Contacted, Profile: r.Profile, Status: r.Status, Priority: r.Priority,
		Moved: r.Moved, Qualified: r.Qualified, Won: r.Outcome.Number != 0 && r.Outcome.Status.won(),
		ID: r.ID, Score: r.Score, Updated: r.Updated, LastActivity: r.LastActivity,
		Session: l.idOf(r.Session), Listing: l.idOf(r.Listing),
	}
	if s.Won {
		s.WonDay, s.WonAfter = r.Outcome.Day, r.Outcome.Days
	}
	return s
}

// idOf returns the keyed hash of a name, zero for none.
func (l *Leads) idOf(name string) store.ID {
	if name == "" {
		return store.ID{}
	}
	return l.db.ID(name)
}

// ofVersion1 returns what version 1 says of it.
func (s standing) ofVersion1() standing {
	s.ID, s.Score, s.Updated, s.LastActivity, s.Session, s.Listing = "", 0, 0, 0, store.ID{}, store.ID{}
	return s
}

func (s *standing) shown() *Standing {
	return &Standing{
		Profile: s.Profile, Created: s.Created, Contacted: s.Contacted, Status: s.Status.String(), Priority: priorityNames[s.Priority],
		Open: s.Status.open(), Moved: s.Moved, Qualified: s.Qualified, Won: s.Won, WonDay: s.WonDay, WonAfter: s.WonAfter,
	}
}

// standingOf reads an entry of the index by time. Entries of old have no value: there the row tells, and so it does where
// all of a standing is wanted of an entry of version 1.
func (l *Leads) standingOf(g getter, site uint32, id store.ID, created int64, value []byte, all bool) (standing, error) {
	if len(value) > 0 {
		s, err := decodeStanding(created, value)
		if err != nil || s.ID != "" || !all {
			return s, err
		}
	}
	r, found, err := getRow(g, site, id)
	if err == nil && !found {
		err = fmt.Errorf("%w: index entry without a lead", errCorrupt)
	}
	return l.standing(&r), err
}

// The value of the space leads by time. It is empty for leads that were last changed before there was one. Version 1:
//
//	u8 version | u8 flags (1: moved, 2: qualified, 4: won) | u8 status | u8 priority | uv contacted |
//	sv day of the win | sv days until then | str profile
//
// Version 2 has the flags 8 (a session) and 16 (a listing) too, and after the profile
//
//	u64 score, its bits | uv updated | uv last activity | 16 bytes session, if any | 16 bytes listing, if any | id
const (
	standingVersion1 = 1
	standingVersion  = 2
)

const (
	standingMoved = 1 << iota
	standingQualified
	standingWon
	standingSession
	standingListing
)

func appendStanding(b []byte, s *standing) []byte {
	flags := byte(0)
	for i, set := range [...]bool{s.Moved, s.Qualified, s.Won, s.Session != store.ID{}, s.Listing != store.ID{}} {
		if set {
			flags |= 1 << i
		}
	}
	b = append(b, standingVersion, flags, byte(s.Status), byte(s.Priority))
	b = binary.AppendUvarint(b, uint64(s.Contacted))
	b = binary.AppendVarint(binary.AppendVarint(b, int64(s.WonDay)), int64(s.WonAfter))
	b = append(binary.AppendUvarint(b, uint64(len(s.Profile))), s.Profile...)
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(s.Score))
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(s.Updated)), uint64(s.LastActivity))
	for _, id := range []store.ID{s.Session, s.Listing} {
		if id != (store.ID{}) {
			b = append(b, id[:]...)
		}
	}
	return append(b, s.ID...)
}

// decodeStanding reads either version.
func decodeStanding(created int64, b []byte) (standing, error) {
	d := decoder{b: b}
	version, flags := d.u8(), d.u8()
	s := standing{
		Created: created, Status: status(d.u8()), Priority: priority(d.u8()), Contacted: int64(d.uv()),
		WonDay: int32(d.sv()), WonAfter: int32(d.sv()), Profile: string(d.take(d.uv())),
		Moved: flags&standingMoved != 0, Qualified: flags&standingQualified != 0, Won: flags&standingWon != 0,
	}
	if version == standingVersion {
		s.decodeRest(&d, flags)
	}
	known := version == standingVersion1 && len(d.b) == 0 || version == standingVersion && s.ID != ""
	if !known || d.bad || s.Status >= numStatuses || s.Priority >= numPriorities {
		return standing{}, fmt.Errorf("%w: standing of a lead", errCorrupt)
	}
	return s, nil
}

func (s *standing) decodeRest(d *decoder, flags byte) {
	if score := d.take(8); len(score) == 8 {
		s.Score = math.Float64frombits(binary.BigEndian.Uint64(score))
	}
	s.Updated, s.LastActivity = int64(d.uv()), int64(d.uv())
	if flags&standingSession != 0 {
		copy(s.Session[:], d.take(16))
	}
	if flags&standingListing != 0 {
		copy(s.Listing[:], d.take(16))
	}
	s.ID = string(d.b)
}
