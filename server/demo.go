package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"footfall/ingest"
	"footfall/sessionize"
)

// demoPattern lets pages of the example log stand for listings.
var demoPattern = regexp.MustCompile(`^/((?:blog|projects|presentations|articles)/.+?)/?$`)

const (
	demoAhead = 45 * time.Second // of the log is still to come when the demo begins
	demoLive  = 2 * time.Hour    // before now is sent as beacons at once; what is older is imported
)

// Demo replays an access log in combined format against a server that is serving: its times are moved so that it ends
// shortly after now, what lies in the past is imported, the last two hours are sent as beacons at once, and the rest when
// its time comes. Its pages stand for the given homes. Once all but that rest is in, it calls ready. It returns when the
// log or ctx ends.
func (s *Server) Demo(ctx context.Context, log []byte, homes []string, out io.Writer, ready func() error) error {
	lines := bytes.Split(bytes.TrimSuffix(log, []byte("\n")), []byte("\n"))
	last, err := lastTime(lines)
	if err != nil {
		return err
	}
	now := s.o.Now()
	o := ingest.LogOptions{Pattern: demoPattern, Shift: now.Add(demoAhead).Sub(last).Truncate(time.Second), Homes: homes}
	past, beacons := s.splitLog(lines, o, now)
	fmt.Fprintf(out, "Importing %d lines of a real web server's log, moved to now …\n", len(past))
	sum, err := s.ingest.ImportLog(ctx, s.Site(), bytes.NewReader(bytes.Join(past, []byte("\n"))), o, func(ingest.Progress) {})
	if err != nil {
		return fmt.Errorf("import the past of the log: %w", err)
	}
	fmt.Fprintf(out, "%d events accepted; %d lines are no page views. Now sending what is recent as live beacons …\n", sum.Accepted, sum.Skipped)
	told := false
	tell := func() error {
		if told {
			return nil
		}
		told = true
		return ready()
	}
	for _, b := range beacons {
		if wait := b.At.Sub(s.o.Now()); wait > 0 {
			if err := tell(); err != nil {
				return err
			}
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return nil
			}
		}
		if err := s.sendBeacon(ctx, b); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	return tell()
}

func lastTime(lines [][]byte) (last time.Time, err error) {
	for _, line := range lines {
		if l, err := ingest.ParseCombined(line); err == nil && l.Time.After(last) {
			last = l.Time
		}
	}
	if last.IsZero() {
		return last, fmt.Errorf("no line of the log is in combined format")
	}
	return last, nil
}

// splitLog parts the log's lines into those to import and the beacons of the others, by time.
func (s *Server) splitLog(lines [][]byte, o ingest.LogOptions, now time.Time) (past [][]byte, beacons []ingest.LogBeacon) {
	replay := s.ingest.NewLogReplay(o)
	for _, line := range lines {
		b, ok := replay.Beacon(line)
		if ok && b.At.After(now.Add(-demoLive)) {
			beacons = append(beacons, b)
		} else {
			past = append(past, line)
		}
	}
	slices.SortStableFunc(beacons, func(a, b ingest.LogBeacon) int { return a.At.Compare(b.At) })
	return past, beacons
}

// sendBeacon posts one beacon over HTTP, as a browser would.
func (s *Server) sendBeacon(ctx context.Context, b ingest.LogBeacon) error {
	url := fmt.Sprintf("http://%s/v1/events?k=%s", s.o.Listen, s.initial.WriteKey)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(b.Body))
	if err != nil {
		return fmt.Errorf("make a beacon: %w", err)
	}
	req.Header.Set("Content-Type", "text/plain")
	req.Header.Set("User-Agent", b.Agent)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("send a beacon: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		answer, _ := bufio.NewReader(resp.Body).ReadString('\n')
		return fmt.Errorf("send a beacon: status %d: %s", resp.StatusCode, strings.TrimSpace(answer))
	}
	return nil
}

// TellDemo prints three questions that answer now.
func (s *Server) TellDemo(out io.Writer) {
	site := s.Site()
	active, _, err := s.sessions.Active(site.ID, s.o.Now().Add(-demoLive).UnixMilli())
	if err != nil || len(active) == 0 {
		fmt.Fprintf(out, "No session is live just now: %v\n", err)
		return
	}
	busiest := slices.MaxFunc(active, func(a, b sessionize.Analytics) int { return a.EventCount - b.EventCount })
	ask := func(what, path string) {
		fmt.Fprintf(out, "\n# %s\ncurl -s -H \"Authorization: Bearer $FOOTFALL_ADMIN_KEY\" 'http://%s%s'\n", what, s.o.Listen, path)
	}
	fmt.Fprintf(out, "\nAsk it (https and a key of your own where others can reach it):\n\nexport FOOTFALL_ADMIN_KEY=%s\n", s.initial.AdminKey)
	ask("live sessions, hottest first", "/v1/sessions?active=15m&sort=score&limit=5")
	ask("one session's timeline", "/v1/sessions/"+busiest.SessionID+"/events")
	ask("homes by engagement; pages of the log stand for them", "/v1/engagement/listings?limit=5")
}
