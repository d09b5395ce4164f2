package sessionize

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"footfall/journal"
	"footfall/store"
)

const (
	movesAtOnce = 128                                   // sessions that a step looks at
	tellEvery   = int64(time.Second / time.Millisecond) // somebody is told of at most so often
	maxForms    = 1 << 16                               // forms that are waited for
	maxHotPast  = 100                                   // other sessions of a visitor that are looked at
	formsFor    = dayLong                               // after that a form that was started is forgotten
)

// Moved is a session that sent a live beacon, as it is on disk, and the rules by which its visitor turned hot with it.
type Moved struct {
	Site    uint32
	Session Analytics
	Hot     []Hot // one alone where no beacon came: a form was left
	Quiet   bool  // no beacon came
}

// Watch looks at sessions that move, step by step: who turns hot becomes a record of the journal. It tells of a visitor
// at most once a second, by the session that moved last. One goroutine calls it.
type Watch struct {
	o       *Sessions
	journal *journal.Journal
	taken   map[sessionKey]mark
	backlog map[sessionKey]mark // who may turn hot
	dull    map[sessionKey]mark // who only moved
	told    map[person]int64    // ms, lately
	forms   map[sessionKey]form // that were started and not submitted
}

// form is one that was started.
type form struct {
	started int64 // ms
	looked  bool  // and was left
}

// NewWatch begins to watch, with the sessions that are active. There is one Watch at a time.
func (o *Sessions) NewWatch(j *journal.Journal) *Watch {
	w := &Watch{
		o: o, journal: j, taken: map[sessionKey]mark{}, backlog: map[sessionKey]mark{}, dull: map[sessionKey]mark{},
		told: map[person]int64{}, forms: map[sessionKey]form{},
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.moves.marks, o.moves.wake = map[sessionKey]mark{}, make(chan struct{}, 1)
	o.moves.watched.Store(true)
	return w
}

// Wake returns a channel that gets a token when something moved.
func (w *Watch) Wake() <-chan struct{} { return w.o.moves.wake }

// Backlog returns how many sessions wait to be looked at.
func (w *Watch) Backlog() int { return len(w.backlog) + len(w.dull) }

// Step looks at what moved, at a time in ms, and returns it once it is on disk: everyone, or only who may turn hot. What
// it has no time for stays for the next step; who may turn hot comes first.
func (w *Watch) Step(ctx context.Context, now int64, everyone bool) (moved []Moved, err error) {
	w.take(everyone)
	if err := w.journal.WaitDurable(ctx); err != nil { // the chunks are to be read
		return nil, err
	}
	var fired []journal.Record
	for _, m := range w.due(now) {
		one, records, err := w.look(m, now)
		if err != nil {
			return nil, err
		}
		if one != nil {
			moved, fired = append(moved, *one), append(fired, records...)
		}
	}
	w.forget(now)
	if len(fired) == 0 {
		return moved, w.journal.WaitDurable(ctx)
	}
	return w.submit(ctx, moved, fired)
}

// take adds what moved since the last step to what is to be looked at.
func (w *Watch) take(everyone bool) {
	if !everyone {
		clear(w.dull)
	}
	w.taken = w.o.takeMarks(w.taken)
	for key, m := range w.taken {
		if before, waits := w.backlog[key]; waits {
			w.backlog[key] = before.and(m)
			continue
		}
		if before, waits := w.dull[key]; waits {
			m = before.and(m)
			delete(w.dull, key)
		}
		if everyone || !m.dull {
			w.wait(key, m)
		}
	}
}

// wait has a session wait to be looked at.
func (w *Watch) wait(key sessionKey, m mark) {
	to := w.backlog
	if m.dull {
		to = w.dull
	}
	if len(to) < maxMarks {
		to[key] = m
	}
}

// submit writes who turned hot, and takes out of moved what was not taken.
func (w *Watch) submit(ctx context.Context, moved []Moved, fired []journal.Record) ([]Moved, error) {
	if _, err := w.journal.Submit(ctx, fired...); err != nil {
		if errors.Is(err, journal.ErrPoisoned) || errors.Is(err, journal.ErrClosed) || ctx.Err() != nil {
			return nil, fmt.Errorf("note who is hot: %w", err)
		}
		for i := range fired { // refused, for the queue or the disk is full: they turn hot with a later beacon
			fired[i].Void = true
		}
		if err := w.journal.WaitDurable(ctx); err != nil {
			return nil, err
		}
	}
	for i := range moved {
		hot := moved[i].Hot[:0]
		for _, h := range moved[i].Hot {
			if h.At = fired[0].At.UnixMilli(); !fired[0].Void {
				hot = append(hot, h)
			}
			fired = fired[1:]
		}
		moved[i].Hot = hot
	}
	return slices.DeleteFunc(moved, func(m Moved) bool { return m.Quiet && len(m.Hot) == 0 }), nil
}

// move is a session to look at.
type move struct {
	key sessionKey
	mark
}

// due takes from the backlog what can be looked at now, and the forms that are due.
func (w *Watch) due(now int64) (due []move) {
	for _, backlog := range []map[sessionKey]mark{w.backlog, w.dull} {
		for key, m := range backlog {
			if len(due) == movesAtOnce {
				break
			}
			if m.until > now && m.until <= now+tellEvery { // the clock may have gone back
				continue
			}
			delete(backlog, key)
			due = append(due, move{key, m})
		}
	}
	for key, f := range w.forms {
		if len(due) >= 2*movesAtOnce {
			break
		}
		moves := slices.ContainsFunc(due, func(m move) bool { return m.key == key })
		if !f.looked && now-f.started >= formLeftFor && !moves {
			f.looked = true
			w.forms[key] = f
			due = append(due, move{key, mark{quiet: true}})
		}
	}
	slices.SortFunc(due, func(a, b move) int { // who was put off comes first, then who moved last
		return cmp.Or(cmp.Compare(b.until, a.until), cmp.Compare(b.at, a.at), slices.Compare(a.key.id[:], b.key.id[:]))
	})
	return due
}

// look looks at one session; nil if there is nothing to tell now.
func (w *Watch) look(m move, now int64) (one *Moved, fired []journal.Record, err error) {
	s, found, err := w.o.copyOf(m.key)
	if err != nil || !found || s.Flagged || s.LastLive == 0 {
		delete(w.forms, m.key)
		return nil, nil, err
	}
	who := w.o.somebody(m.key, s)
	if told, ok := w.told[who]; ok && !m.quiet && told <= now && now-told < tellEvery {
		m.until = told + tellEvery
		w.wait(m.key, m.mark)
		return nil, nil, nil
	}
	one = &Moved{Site: m.key.site, Quiet: m.quiet}
	runs, alone, err := w.runs(who, m.key, s)
	if err != nil {
		return nil, nil, err
	}
	visits := visitCount(runs)
	one.Session = s.analytics(visits)
	if !m.quiet {
		w.told[who] = now
	}
	if s.Anonymous || strings.HasPrefix(s.Visitor, AnonymousPrefix) {
		return one, nil, nil
	}
	r := signs{now: now, session: s, visits: visits, runs: runs, lead: m.lead, opened: m.opened}
	if r.form, err = w.form(m.key, s); err != nil {
		return nil, nil, err
	}
	if err := w.past(&r, who, m.key, alone); err != nil {
		return nil, nil, err
	}
	if one.Hot = r.hot(); len(one.Hot) > 0 {
		fired, err := w.o.fired(who, m.key.id, now)
		if err != nil {
			return nil, nil, err
		}
		one.Hot = slices.DeleteFunc(one.Hot, func(h Hot) bool { return fired[h.Rule] })
	}
	for i := range one.Hot {
		fired = append(fired, journal.Record{
			At: time.UnixMilli(now), Kind: journal.KindHot, Site: m.key.site, Session: s.ID, Body: encodeHot(who, &one.Hot[i]),
		})
	}
	if m.quiet && len(fired) == 0 {
		return nil, nil, nil
	}
	return one, fired, nil
}

// runs returns the runs of somebody, and whether one session is known to be all that there is of them.
func (w *Watch) runs(who person, key sessionKey, s *Session) (runs []Run, alone bool, err error) {
	if who.kind == journal.EraseSession {
		return s.Runs, true, nil
	}
	visitor := sessionKey{who.site, who.id}
	w.o.mu.RLock()
	defer w.o.mu.RUnlock()
	if runs, alone = w.o.newcomers.runsOf(visitor, key.id); alone {
		return runs, true, nil
	}
	v, err := w.o.visitor(w.o.db.Get, visitor)
	if err != nil {
		return nil, false, err
	}
	return v.Runs, false, nil
}

// past fills in what all sessions of somebody saw, and whether another one made a lead.
func (w *Watch) past(r *signs, who person, key sessionKey, alone bool) error {
	sights, err := w.o.sightsOf(key, r.session, r.runs, r.now)
	if err != nil || alone {
		r.sights = sights
		return err
	}
	others, err := w.o.someSessionsOf(sessionKey{who.site, who.id}, maxHotPast)
	if err != nil {
		return err
	}
	for _, k := range others {
		if k == key {
			continue
		}
		s, found, err := w.o.copyOf(k)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		r.lead = r.lead || s.Lead != "" && !s.Anonymous
		of, err := w.o.sightsOf(k, s, r.runs, r.now)
		if err != nil {
			return err
		}
		r.sights = append(r.sights, of...)
	}
	r.sights = append(r.sights, sights...)
	return nil
}

// someSessionsOf returns at most so many of the sessions that are bound to a visitor.
func (o *Sessions) someSessionsOf(visitor sessionKey, most int) (keys []sessionKey, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, vs := range slices.Backward(o.bound) {
		if vs.visitor == visitor && len(keys) < most {
			keys = append(keys, vs.session)
		}
	}
	err = o.db.Reader().ScanPrefix(idKey(store.VisitorSessions, visitor.site, visitor.id), func(k, _ []byte) error {
		if len(keys) >= most {
			return store.ErrStop
		}
		key := sessionKey{visitor.site, store.ID(k[21:37])}
		if _, gone := o.retired[key]; !gone && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		return nil
	})
	slices.SortFunc(keys, func(a, b sessionKey) int { return slices.Compare(a.id[:], b.id[:]) })
	return keys, err
}

// form returns when the form of a session was started that has not been submitted, 0 if there is none.
func (w *Watch) form(key sessionKey, s *Session) (started int64, err error) {
	if !s.FormStarted || s.FormCompleted() {
		delete(w.forms, key)
		return 0, nil
	}
	if f, ok := w.forms[key]; ok {
		return f.started, nil
	}
	if started, err = w.o.formStart(key, s); err == nil && started != 0 && len(w.forms) < maxForms {
		w.forms[key] = form{started: started}
	}
	return started, err
}

// forget drops what is of no use any more.
func (w *Watch) forget(now int64) {
	for p, told := range w.told {
		if now-told >= tellEvery || told > now {
			delete(w.told, p)
		}
	}
	for key, f := range w.forms {
		if now-f.started > formsFor {
			delete(w.forms, key)
		}
	}
}
