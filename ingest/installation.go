package ingest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"footfall/fault"
	"footfall/store"
)

// Installation is what has come from the pages of a site, by which its owner sees whether the tracker works there.
type Installation struct {
	First   time.Time    `json:"first"` // when live events were first and last accepted, zero: never
	Last    time.Time    `json:"last"`
	Origins []SeenOrigin `json:"origins"` // the newest ones
}

// SeenOrigin is an origin that requests of a site named.
type SeenOrigin struct {
	Origin   string    `json:"origin"`
	First    time.Time `json:"first_seen"`
	Last     time.Time `json:"last_seen"`
	Accepted int64     `json:"accepted"` // events
	Refused  int64     `json:"refused"`  // requests, because the site does not list the origin
}

// The space installations:
//
//	key    0x31 | site u32
//	value  u8 version (1) | Installation as JSON
const installationVersion = 1

const (
	maxSeenOrigins   = 50
	maxOriginBytes   = 255
	installationKeep = 10 * time.Second // a row is written no more often, so a crash may lose the newest
)

// installations keeps what has come from the pages of sites, without a record of the journal.
type installations struct {
	db    *store.DB
	mu    sync.Mutex
	sites map[uint32]*installed // those of which something came since the start
}

type installed struct {
	Installation
	wrote time.Time
}

// note takes in that events of an origin were accepted, or that a request of it was refused.
func (n *installations) note(site uint32, origin string, at time.Time, accepted int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, err := n.site(site)
	if err != nil {
		return err
	}
	at = at.UTC().Truncate(time.Millisecond)
	news := accepted > 0 && s.First.IsZero()
	if accepted > 0 {
		if news {
			s.First = at
		}
		if at.After(s.Last) {
			s.Last = at
		}
	}
	if origin != "" && len(origin) <= maxOriginBytes {
		s.origin(origin, at, accepted)
	}
	if since := at.Sub(s.wrote); !news && since >= 0 && since < installationKeep {
		return nil
	}
	s.wrote = at
	return n.write(site, &s.Installation)
}

// origin counts for an origin. Where there are too many, the one that was not seen for longest makes room.
func (s *installed) origin(origin string, at time.Time, accepted int) {
	i := slices.IndexFunc(s.Origins, func(o SeenOrigin) bool { return o.Origin == origin })
	if i < 0 {
		o := SeenOrigin{Origin: strings.ToValidUTF8(strings.Clone(origin), "?"), First: at}
		if i = len(s.Origins); i < maxSeenOrigins {
			s.Origins = append(s.Origins, o)
		} else {
			oldest := slices.MinFunc(s.Origins, func(a, b SeenOrigin) int { return a.Last.Compare(b.Last) })
			i = slices.Index(s.Origins, oldest)
			s.Origins[i] = o
		}
	}
	o := &s.Origins[i]
	if at.After(o.Last) {
		o.Last = at
	}
	if o.Accepted += int64(accepted); accepted == 0 {
		o.Refused++
	}
}

// site returns what is known of a site, read from the store the first time.
func (n *installations) site(site uint32) (*installed, error) {
	if s := n.sites[site]; s != nil {
		return s, nil
	}
	s := new(installed)
	value, found, err := n.db.Get(installationKey(site))
	if err != nil {
		return nil, err
	}
	if found {
		if len(value) == 0 || value[0] != installationVersion {
			return nil, fmt.Errorf("ingest: the installation of site %d cannot be read", site)
		}
		if err := json.Unmarshal(value[1:], &s.Installation); err != nil {
			return nil, fmt.Errorf("ingest: the installation of site %d: %w", site, err)
		}
	}
	n.sites[site] = s
	return s, nil
}

func (n *installations) write(site uint32, i *Installation) error {
	value, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("encode an installation: %w", err)
	}
	b := n.db.NewBatch()
	b.Set(installationKey(site), append([]byte{installationVersion}, value...))
	return b.Commit(false)
}

func installationKey(site uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(store.Installations)}, site)
}

// Installation returns what has come from the pages of a site, its origins newest first.
func (in *Ingest) Installation(site uint32) (Installation, error) {
	n := &in.installations
	n.mu.Lock()
	defer n.mu.Unlock()
	s, err := n.site(site)
	if err != nil {
		return Installation{}, err
	}
	i := s.Installation
	i.Origins = append([]SeenOrigin{}, i.Origins...)
	slices.SortFunc(i.Origins, func(a, b SeenOrigin) int {
		if c := b.Last.Compare(a.Last); c != 0 {
			return c
		}
		return strings.Compare(a.Origin, b.Origin)
	})
	return i, nil
}

// noteInstallation notes events that were accepted, or a request that was refused for its origin.
func (in *Ingest) noteInstallation(site uint32, origin string, at time.Time, accepted int) {
	if err := in.installations.note(site, origin, at, accepted); err != nil {
		in.o.Log.Error("an installation is not kept", "site", site, "error", err)
	}
}

// RejectSum is the rejects of one code.
type RejectSum struct {
	Code    fault.Code `json:"code"`
	Count   int        `json:"count"`
	Last    time.Time  `json:"last_seen"`
	Field   *string    `json:"field"`   // of the newest
	Message string     `json:"message"` // of the newest
	Fix     string     `json:"fix"`
}

// RejectSums counts the rejects of a site since a time by code, the newest code first; all says that the ring, which keeps
// the newest 1,000, holds all of them.
func (in *Ingest) RejectSums(site uint32, since time.Time) (sums []RejectSum, all bool, err error) {
	rows, err := in.rejects.list(site, maxRejects, nil)
	if err != nil {
		return nil, false, err
	}
	sums, all = []RejectSum{}, len(rows) < maxRejects
	for _, r := range rows {
		if r.Time.Before(since) {
			all = true
			break
		}
		i := slices.IndexFunc(sums, func(s RejectSum) bool { return s.Code == r.Code })
		if i < 0 {
			s := RejectSum{Code: r.Code, Last: r.Time, Message: r.Message, Fix: fixOf(r.Code)}
			if r.Field != "" {
				s.Field = &r.Field
			}
			i, sums = len(sums), append(sums, s)
		}
		sums[i].Count++
	}
	return sums, all, nil
}

// fixes says what a site's developer does about rejects of a code.
var fixes = map[fault.Code]string{
	fault.OriginNotAllowed:    "Add the origin of the page to the site's allowed_origins, or remove the snippet from that page. For a server that sends events, set server_side.",
	fault.InvalidJSON:         "Send JSON: one event, an array, or one event a line. Check that the body is not cut and that text is escaped by JSON.stringify.",
	fault.InvalidField:        "Send the named field as it is documented: its type, its range, its length.",
	fault.MissingField:        "Send the named field with each event; eventType and sessionId are required. The tracker of /ff.js does so.",
	fault.InvalidCompression:  "Compress the body as Content-Encoding says, or send it without that header.",
	fault.NoEvents:            "Send at least one event in a request.",
	fault.TooLarge:            "Send fewer events in a request, or shorter eventData.",
	fault.TooManyEvents:       "Send at most 1,000 events in a request.",
	fault.UnsupportedEncoding: "Use gzip, zstd or deflate as Content-Encoding, or none.",
	fault.BadRequest:          "Send whole requests: the body must be as long as Content-Length says.",
	fault.Timeout:             "Send bodies without pauses; check the network or the proxy in between.",
	fault.SiteQuota:           "More is new than the organization's quotas allow. If it is real traffic, raise quotas in the settings; if not, ids are made up: look at the rejected events.",
	fault.Erased:              "Nothing to do: somebody asked to be forgotten, and their browser's events are refused for 48 hours.",
	unknownProfile:            "Use the id of a profile of the site's organization as profileId, or make one; until then the events count for the site's own profile.",
}

func fixOf(code fault.Code) string {
	if fix := fixes[code]; fix != "" {
		return fix
	}
	return "Look at the rejected events at /v1/rejects: each says what was wrong."
}
