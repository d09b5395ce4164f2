package api

import (
	"context"
	"errors"
	"net"
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/leads"
	"footfall/sessionize"
)

func (a *API) liveRoutes() []Route {
	return []Route{{get, "/v1/live", access.Read, "Server-sent events: what happens now", a.live}}
}

// kinds returns the types of messages that are asked for.
func (c *call) kinds() (set kind, err error) {
	words, err := c.words("types", kindSession.String(), kindLead.String(), kindHot.String())
	for _, word := range words {
		for _, row := range kindNames {
			if row.name == word {
				set |= row.kind
			}
		}
	}
	return set, err
}

// run looks at what moves, and at the streams once a second, until ctx ends.
func (h *streams) run(ctx context.Context, w *sessionize.Watch) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	again := time.NewTimer(beatEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.Wake():
		case <-h.a.o.Leads.Wake():
		case <-again.C:
		case <-beat.C:
			h.beat()
		}
		told, err := h.step(ctx, w)
		if err != nil && ctx.Err() == nil {
			h.a.o.Log.Error("what moves could not be told", "error", err)
		}
		if w.Backlog() > 0 {
			again.Reset(retryBacklog)
		}
		pause := time.NewTimer(min(stepEvery, time.Duration(told+1)*stepPerNews))
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}

// beat ends streams whose key or login is good no more, and comments in quiet ones.
func (h *streams) beat() {
	crowded := h.a.o.Ingest.Crowded()
	for _, s := range h.everyone() {
		switch quiet := s.beats.Add(1); {
		case !s.valid():
			s.end()
		case crowded:
			s.shed()
		case quiet >= commentBeats:
			s.comment()
		}
	}
	h.leaveUnclaimed(unclaimedBeats)
}

// step tells of what moved since the last one, and returns of how much.
func (h *streams) step(ctx context.Context, w *sessionize.Watch) (told int, err error) {
	moved, err := w.Step(ctx, h.a.now().UnixMilli(), h.heard())
	if err != nil {
		return 0, err
	}
	for i := range moved {
		h.tellMoved(&moved[i])
	}
	changed, lost := h.a.o.Leads.TakeChanged()
	if lost {
		h.loseAll()
	}
	if len(changed) > 0 { // they are noted while their records are applied: only then are the rows there to be read
		if err := h.a.vouch(ctx); err != nil {
			return 0, err
		}
	}
	for _, lead := range changed {
		if err := h.tellLead(ctx, lead); err != nil {
			return 0, err
		}
	}
	return len(moved) + len(changed), nil
}

// loseAll resets every stream.
func (h *streams) loseAll() {
	h.forgetPast()
	for _, s := range h.everyone() {
		s.send(resetMessage("lost"))
	}
}

// tellMoved tells of a session that is on disk, and of the rules by which its visitor turned hot.
func (h *streams) tellMoved(m *sessionize.Moved) {
	site, ok := h.a.o.Catalog.Site(m.Site)
	if !ok {
		return
	}
	if !m.Quiet {
		h.tell(news{kind: kindSession, site: m.Site, name: m.Session.SessionID}, site, &m.Session)
	}
	for _, hot := range m.Hot {
		h.tell(news{kind: kindHot, site: m.Site, name: m.Session.SessionID, hot: hot}, site, &m.Session)
	}
}

// tell sends what is the same for everybody who may see a session.
func (h *streams) tell(n news, site *catalog.Site, of *sessionize.Analytics) {
	n, listeners := h.count(n)
	var message []byte
	for _, s := range listeners {
		if !s.grant.CoversProfile(profileOf(site, of)) {
			continue
		}
		if message == nil {
			var err error
			if message, err = h.ofSession(n, site, of); err != nil {
				h.a.o.Log.Error("a message could not be encoded", "error", err)
				return
			}
		}
		s.send(message)
	}
}

func (h *streams) ofSession(n news, site *catalog.Site, of *sessionize.Analytics) ([]byte, error) {
	if n.kind == kindSession {
		return h.message(n.kind.String(), n.number, newSession(site, of))
	}
	return h.message(n.kind.String(), n.number, newHotMessage(site, of, &n.hot))
}

// reader is what decides how a lead looks to somebody.
type reader struct {
	profile string
	masked  bool
}

// tellLead tells of a lead, to each as they may read it.
func (h *streams) tellLead(ctx context.Context, lead leads.Changed) error {
	n, listeners := h.count(news{kind: kindLead, site: lead.Site, name: lead.Lead})
	messages := map[reader][]byte{}
	for _, s := range listeners {
		who := reader{s.grant.Profile, s.grant.Masked}
		if _, made := messages[who]; made {
			continue
		}
		var err error
		if messages[who], err = h.ofLead(n, s); err != nil {
			return err
		}
	}
	if len(messages) == 0 {
		return nil
	}
	if err := h.a.vouch(ctx); err != nil {
		return err
	}
	for _, s := range listeners {
		if message := messages[reader{s.grant.Profile, s.grant.Masked}]; message != nil {
			s.send(message)
		}
	}
	return nil
}

// ofLead returns the message of a lead, nil if there is none for the stream to see.
func (h *streams) ofLead(n news, s *stream) ([]byte, error) {
	v, err := h.a.o.Leads.Get(n.site, n.name)
	if fault.Is(err, fault.NotFound) { // erased or retired since
		return nil, nil
	}
	if err != nil || !s.grant.CoversProfile(v.Profile) {
		return nil, err
	}
	if err := h.a.seen(&call{grant: s.grant}, v); err != nil {
		return nil, err
	}
	return h.message(n.kind.String(), n.number, v)
}

// begin tells a client that comes back what it missed, as it is now, or what is live if that is not known any more. It
// says whether the stream goes on.
func (s *stream) begin(conn net.Conn, past []news, gap bool) bool {
	if gap {
		return s.snapshot(conn)
	}
	newest := map[news]uint64{}
	for _, n := range past {
		newest[n.what()] = n.number
	}
	for _, n := range past {
		if newest[n.what()] != n.number || s.kinds&n.kind == 0 || !s.covers(n.site) {
			continue
		}
		message, err := s.recall(n)
		if err != nil {
			return false // the client comes back, and tries again
		}
		if message != nil && !s.write(conn, message) {
			return false
		}
	}
	return true
}

// what is that which news are about: of several only the newest are told.
func (n news) what() news {
	n.number, n.hot.At, n.hot.Count = 0, 0, 0
	return n
}

var errNotVouched = errors.New("what is to be told is not on disk")

// recall returns the message of news as they are now, nil if they are nothing to the stream.
func (s *stream) recall(n news) (message []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writePatience)
	defer cancel()
	done, err := s.h.a.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if n.kind == kindLead {
		message, err = s.h.ofLead(n, s)
	} else {
		message, err = s.recallSession(n)
	}
	if err == nil && s.h.a.vouch(ctx) != nil {
		err = errNotVouched
	}
	return message, err
}

func (s *stream) recallSession(n news) ([]byte, error) {
	site, ok := s.h.a.o.Catalog.Site(n.site)
	if !ok {
		return nil, nil
	}
	of, found, err := s.h.a.o.Sessions.Session(n.site, n.name)
	if err != nil || !found || of.Flagged || !s.grant.CoversProfile(profileOf(site, &of)) {
		return nil, err
	}
	return s.h.ofSession(n, site, &of)
}

// snapshot resets the client and tells it which sessions are live, the newest first.
func (s *stream) snapshot(conn net.Conn) bool {
	a := s.h.a
	s.h.mu.Lock()
	number := s.h.number
	s.h.mu.Unlock()
	reset, err := s.h.message("reset", number, resetReason{"too_old"})
	if err != nil || !s.write(conn, reset) {
		return false
	}
	if s.kinds&kindSession == 0 {
		return true
	}
	left := snapshotOnReset
	for _, site := range a.o.Catalog.Sites() {
		if !s.covers(site.ID) || left == 0 {
			continue
		}
		own, err := s.liveOn(site)
		if err != nil {
			return false
		}
		for i := range own[:min(len(own), left)] {
			message, err := s.h.message(kindSession.String(), number, newSession(site, &own[i]))
			if err != nil || !s.write(conn, message) {
				return false
			}
			left--
		}
	}
	return true
}

// liveOn returns the sessions of a site that are live, of those that the stream sees.
func (s *stream) liveOn(site *catalog.Site) ([]sessionize.Analytics, error) {
	a := s.h.a
	ctx, cancel := context.WithTimeout(context.Background(), writePatience)
	defer cancel()
	done, err := a.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	active, _, err := a.o.Sessions.Active(site.ID, a.now().Add(-activeOnReset).UnixMilli())
	if err != nil {
		return nil, err
	}
	return (&call{grant: s.grant}).own(site, active), a.vouch(ctx)
}

type resetReason struct {
	Reason string `json:"reason"`
}

// resetMessage tells a client that it missed something. It has no id, so that the client asks for all since the last that
// it got when it comes back.
func resetMessage(reason string) []byte {
	return []byte("event: reset\ndata: {\"reason\":\"" + reason + "\"}\n\n")
}

// comment writes a comment, so that nobody between takes the connection for dead.
func (s *stream) comment() { s.send([]byte(":\n\n")) }

// now returns the time by the clock of the API, the beginning of time without one.
func (a *API) now() time.Time {
	if a.o.Now == nil {
		return time.Unix(0, 0)
	}
	return a.o.Now()
}
