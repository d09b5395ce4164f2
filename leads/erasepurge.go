package leads

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"footfall/journal"
	"footfall/sessionize"
	"footfall/store"
)

// purgedKey holds the position up to which everybody who was forgotten is gone from the journal too: a uvarint.
var purgedKey = []byte("\x00purged")

// Purge deletes what the journal still holds of who was forgotten, once every owner's stored state is past it, and
// rewrites what Erase could not see: chunks that were on their way. Where a chunk of somebody else's session names a
// visitor who was forgotten, the name is taken out and the chunk stays. others deletes what other spaces hold of the
// forgotten. Then tables and logs are rewritten: with whole, all of them, as after a start, when it is not known how
// far an earlier Purge came. It returns how many records changed.
func (l *Leads) Purge(ctx context.Context, whole bool, others func(*Gone) error) (changed int, err error) {
	p, err := l.newPurge()
	if err != nil || p.last == 0 {
		return 0, err
	}
	for again := true; again; {
		if err := l.journal.Checkpoint(ctx); err != nil {
			return len(p.changed), err
		}
		p.stragglers = map[uint32][]journal.Target{}
		sifted, err := l.journal.Sift(ctx, l.journal.Checkpointed(), p.judge)
		if err != nil {
			return len(p.changed), err
		}
		p.changed = append(p.changed, sifted...)
		if again = len(p.stragglers) > 0; again {
			if err := p.eraseStragglers(ctx); err != nil {
				return len(p.changed), err
			}
		}
	}
	if err := l.o.Sessions.ForgetSeen(); err != nil {
		return len(p.changed), err
	}
	if err := others(&p.Gone); err != nil {
		return len(p.changed), err
	}
	if err := p.compact(ctx, whole); err != nil {
		return len(p.changed), err
	}
	b := l.db.NewBatch()
	b.Set(purgedKey, binary.AppendUvarint(nil, uint64(p.last)))
	return len(p.changed), b.Commit(true)
}

// Gone is who was forgotten since the last Purge.
type Gone struct {
	l    *Leads
	all  map[goneID]journal.Position
	last journal.Position // of the newest record
}

type goneID struct {
	site uint32
	kind journal.EraseKind
	id   store.ID
}

// Names says whether a text is the id of a visitor or session who was forgotten on a site, of a lead, or an e-mail
// address.
func (g *Gone) Names(site uint32, text string) bool {
	id := g.l.db.ID(text)
	for _, kind := range []journal.EraseKind{journal.EraseVisitor, journal.EraseSession, journal.EraseLead} {
		if _, gone := g.all[goneID{site, kind, id}]; gone {
			return true
		}
	}
	normalized := normalizeContact(ContactEmail, text)
	if normalized == "" {
		return false
	}
	_, gone := g.all[goneID{site, journal.EraseEmail, g.l.contactID(ContactEmail, normalized)}]
	return gone
}

// EachSite visits the sites of the forgotten.
func (g *Gone) EachSite(visit func(site uint32) error) error {
	done := map[uint32]bool{}
	for id := range g.all {
		if !done[id.site] {
			done[id.site] = true
			if err := visit(id.site); err != nil {
				return err
			}
		}
	}
	return nil
}

// after says whether somebody was forgotten by a record after a position.
func (g *Gone) after(site uint32, kind journal.EraseKind, id store.ID, pos journal.Position) bool {
	at, gone := g.all[goneID{site, kind, id}]
	return gone && at > pos
}

type purge struct {
	Gone
	stragglers map[uint32][]journal.Target
	changed    [][]byte // keys of the journal's records that are gone or rewritten
}

func (l *Leads) newPurge() (*purge, error) {
	p := &purge{Gone: Gone{l: l, all: map[goneID]journal.Position{}}}
	v, _, err := l.db.Get(purgedKey)
	if err != nil {
		return nil, err
	}
	purged, _ := binary.Uvarint(v)
	err = sessionize.EachErased(l.db.Reader(), journal.Position(purged), func(e sessionize.Erased) error {
		p.all[goneID{e.Site, e.Kind, e.ID}] = e.Pos
		p.last = max(p.last, e.Pos)
		return nil
	})
	return p, err
}

func (p *purge) judge(r *journal.Record) (journal.Verdict, error) {
	switch r.Kind {
	case journal.KindChunk:
		return p.judgeChunk(r)
	case journal.KindLead:
		return p.judgeLead(r)
	case journal.KindPatch, journal.KindActivity, journal.KindOutcome, journal.KindFeedback, journal.KindScore:
		return p.judgeChange(r)
	case journal.KindHot:
		return p.judgeHot(r)
	case journal.KindRetire:
		return p.judgeRetire(r)
	}
	return journal.Keep, nil
}

func (p *purge) judgeChunk(r *journal.Record) (journal.Verdict, error) {
	if p.after(r.Site, journal.EraseSession, r.Key, r.Pos) {
		return journal.Forget, nil
	}
	if r.Chunk.Visitor == "" || !p.after(r.Site, journal.EraseVisitor, p.l.db.ID(r.Chunk.Visitor), r.Pos) {
		return journal.Keep, nil
	}
	owner, _, err := p.l.o.Sessions.VisitorOf(r.Site, r.Key)
	if err != nil {
		return journal.Keep, err
	}
	if owner != "" {
		r.Chunk.Visitor = ""
		return journal.Replace, nil
	}
	p.straggler(r.Site, journal.Target{Kind: journal.EraseSession, ID: r.Key})
	return journal.Keep, nil
}

func (p *purge) straggler(site uint32, t journal.Target) {
	if !slices.Contains(p.stragglers[site], t) {
		p.stragglers[site] = append(p.stragglers[site], t)
	}
}

func (p *purge) judgeLead(r *journal.Record) (journal.Verdict, error) {
	d, raw, err := decodeLead(r.Body)
	if err != nil {
		return journal.Keep, err
	}
	id := p.l.db.ID(d.Lead.ID)
	if p.after(r.Site, journal.EraseLead, id, r.Pos) {
		return journal.Forget, nil
	}
	session, visitor, err := p.l.origin(&row{ID: d.Lead.ID, Session: string(d.Lead.Session), Decision: raw})
	if err == nil && (p.after(r.Site, journal.EraseSession, session, 0) || p.after(r.Site, journal.EraseVisitor, visitor, 0)) {
		p.straggler(r.Site, journal.Target{Kind: journal.EraseLead, ID: id, Pos: r.Pos})
	}
	return journal.Keep, err
}

// judgeChange looks at a record that names its lead.
func (p *purge) judgeChange(r *journal.Record) (journal.Verdict, error) {
	var named struct {
		Lead string `json:"lead"`
	}
	if len(r.Body) == 0 {
		return journal.Keep, nil
	}
	if err := json.Unmarshal(r.Body[1:], &named); err != nil {
		return journal.Keep, fmt.Errorf("%w: change at position %d: %w", errCorrupt, r.Pos, err)
	}
	if p.after(r.Site, journal.EraseLead, p.l.db.ID(named.Lead), r.Pos) {
		return journal.Forget, nil
	}
	return journal.Keep, nil
}

// judgeHot looks at a record that says who turned hot.
func (p *purge) judgeHot(r *journal.Record) (journal.Verdict, error) {
	kind, id, err := sessionize.HotPerson(r)
	if err == nil && (p.after(r.Site, kind, id, r.Pos) || p.after(r.Site, journal.EraseSession, p.l.db.ID(r.Session), r.Pos)) {
		return journal.Forget, nil
	}
	return journal.Keep, err
}

// judgeRetire takes the forgotten out of the list of what was retired.
func (p *purge) judgeRetire(r *journal.Record) (journal.Verdict, error) {
	t, err := journal.DecodeRetire(r.Body)
	if err != nil {
		return journal.Keep, err
	}
	kind, n := journal.EraseSession, len(t.IDs)
	switch t.Space {
	case store.Leads:
		kind = journal.EraseLead
	case store.Visitors:
		kind = journal.EraseVisitor
	}
	t.IDs = slices.DeleteFunc(t.IDs, func(id store.ID) bool { return p.after(r.Site, kind, id, r.Pos) })
	if len(t.IDs) == n {
		return journal.Keep, nil
	}
	r.Body = journal.EncodeRetire(&t)
	return journal.Replace, nil
}

// eraseStragglers forgets what came while its visitor or session was being forgotten.
func (p *purge) eraseStragglers(ctx context.Context) error {
	unlock := p.l.lockAll()
	defer unlock()
	for site, targets := range p.stragglers {
		h := hunt{l: p.l, site: site, met: map[journal.Target]bool{}}
		if err := h.follow(targets); err != nil {
			return err
		}
		r, err := h.record()
		if err != nil {
			return err
		}
		if err := p.l.submit(ctx, r); err != nil {
			return err
		}
	}
	fresh, err := p.l.newPurge()
	if err == nil {
		p.Gone = fresh.Gone
	}
	return err
}

// maxRanges is how many ranges of a space are compacted one by one before it takes less to compact all of it.
const maxRanges = 200

// compact rewrites the tables and logs that may hold bytes of the forgotten: all of the small spaces, and of the large ones
// where they stood, if that is known.
func (p *purge) compact(ctx context.Context, whole bool) error {
	large := map[store.Space][]store.Range{store.Events: nil, store.Sessions: nil, store.Visitors: nil, store.VisitorSessions: nil}
	add := func(rg store.Range) {
		space := store.Space(rg.Lo[0])
		large[space] = append(large[space], rg)
	}
	for id := range p.all {
		e := sessionize.Erased{Site: id.site, Kind: id.kind, ID: id.id}
		for _, rg := range e.Ranges() {
			add(rg)
		}
	}
	for _, key := range p.changed {
		if key[0] == byte(store.Events) {
			add(store.Range{Lo: key, Hi: append(slices.Clone(key), 0)})
		}
	}
	for _, info := range store.Spaces {
		lo, hi := info.Space.Span()
		ranges, isLarge := large[info.Space]
		switch {
		case info.Space == store.ListingDays || info.Space == store.PageDays || info.Space == store.Erased: // no word of a person stands there
			continue
		case !isLarge || whole || len(ranges) > maxRanges:
			ranges = []store.Range{{Lo: lo, Hi: hi}}
		}
		for _, rg := range ranges {
			if err := p.l.db.Compact(ctx, rg); err != nil {
				return err
			}
		}
	}
	return p.l.db.Turnover(ctx)
}
