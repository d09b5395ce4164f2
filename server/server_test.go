package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"footfall/access"
	"footfall/learn"
	"footfall/server"
	"footfall/sessionize"
	"footfall/store"

	"go.uber.org/goleak"
)

func options(data string) server.Options {
	return server.Options{
		Data: data, Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", WriteKey: writeKey, AdminKey: adminKey,
		QueueBytes: 32 << 20, ShutdownGrace: 10 * time.Second,
	}
}

// serving runs a server in this process while f looks at it.
func serving(t *testing.T, data string, f func(public, ops string)) {
	t.Helper()
	servingWith(t, options(data), f)
}

func servingWith(t testing.TB, o server.Options, f func(public, ops string)) {
	t.Helper()
	s, err := server.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	public, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, public) }()
	f("http://"+public.Addr().String(), "http://"+s.OpsAddr().String())
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// fetch posts body if there is one, else gets.
func fetch(t *testing.T, url, body string) (status int, answer string) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	return send(t, req)
}

// send makes a request on a connection of its own.
func send(t *testing.T, req *http.Request) (status int, answer string) {
	t.Helper()
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// filled returns a directory with three sessions in it.
func filled(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	serving(t, data, func(public, _ string) {
		for i := range 3 {
			body := fmt.Sprintf(`{"eventType":"property_view","sessionId":"s%d","listingId":"L1","visitorId":"v"}`, i)
			if status, answer := fetch(t, public+"/v1/events?k="+writeKey, body); status != http.StatusNoContent {
				t.Fatalf("%d: %s", status, answer)
			}
		}
	})
	return data
}

func check(t *testing.T, data string) (records int, reports []string) {
	t.Helper()
	records, err := server.Check(t.Context(), options(data), func(err error) { reports = append(reports, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	return records, reports
}

// change opens a directory's store, which no server has open, and commits what f writes.
func change(t *testing.T, data string, f func(db *store.DB, b *store.Batch)) {
	t.Helper()
	db, err := store.Open(data, store.Options{Merges: sessionize.Merges()})
	if err != nil {
		t.Fatal(err)
	}
	b := db.NewBatch()
	f(db, b)
	if err := errors.Join(b.Commit(true), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestServerServesUntilItIsStoppedAndLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	data := t.TempDir()
	serving(t, data, func(public, ops string) {
		for _, path := range []string{"/healthz", "/readyz"} {
			if status, answer := fetch(t, ops+path, ""); status != http.StatusOK || strings.TrimSpace(answer) != `{"ready":true,"reasons":[]}` {
				t.Errorf("%s: %d %s", path, status, answer)
			}
			if status, _ := fetch(t, public+path, ""); status != http.StatusNotFound {
				t.Errorf("%s on the public port: %d", path, status)
			}
		}
	})
	// fasthttp keeps one goroutine for the time of day, and one a server that looks every ten seconds whether to end.
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
	if _, err := os.Stat(filepath.Join(data, "initial-keys.json")); !os.IsNotExist(err) {
		t.Errorf("keys were given, and yet a file of keys: %v", err)
	}
}

func TestWhatWasTakenIsThereAfterAnotherStart(t *testing.T) {
	data := filled(t)
	serving(t, data, func(public, _ string) {
		status, answer := fetch(t, public+"/v1/visitors/v", "")
		if status != http.StatusOK || !strings.Contains(answer, `"session_count":3`) {
			t.Errorf("%d: %s", status, answer)
		}
	})
}

func TestOpenRefusesADirectoryInUse(t *testing.T) {
	data := t.TempDir()
	serving(t, data, func(_, _ string) {
		if _, err := server.Open(t.Context(), options(data)); !errors.Is(err, store.ErrInUse) {
			t.Errorf("Open: %v", err)
		}
		if _, err := server.Check(t.Context(), options(data), func(error) {}); !errors.Is(err, store.ErrInUse) {
			t.Errorf("Check: %v", err)
		}
		if _, err := server.Rebuild(t.Context(), options(data)); !errors.Is(err, store.ErrInUse) {
			t.Errorf("Rebuild: %v", err)
		}
	})
}

func TestCheckFindsNothingWrongInWhatWeWrote(t *testing.T) {
	records, reports := check(t, filled(t))
	if records != 4 || len(reports) > 0 { // the site and three chunks
		t.Errorf("%d records, reports %q", records, reports)
	}
}

func TestCheckTellsOfBrokenStateAndRebuildRepairsIt(t *testing.T) {
	data := filled(t)
	change(t, data, func(db *store.DB, b *store.Batch) {
		lo, hi := store.Visitors.Span()
		err := db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
			b.Set(key, []byte("rot"))
			return store.ErrStop
		})
		if err != nil || b.Empty() {
			t.Fatalf("no visitor is stored: %v", err)
		}
	})
	if _, reports := check(t, data); len(reports) == 0 || !strings.HasPrefix(reports[0], "sessionize: ") {
		t.Errorf("reports %q", reports)
	}
	if records, err := server.Rebuild(t.Context(), options(data)); err != nil || records != 4 {
		t.Errorf("rebuilt from %d records, %v", records, err)
	}
	if records, reports := check(t, data); records != 4 || len(reports) > 0 {
		t.Errorf("after a rebuild: %d records, reports %q", records, reports)
	}
}

func TestCheckTellsOfAnUnreadableRecord(t *testing.T) {
	data := filled(t)
	change(t, data, func(_ *store.DB, b *store.Batch) {
		b.Set([]byte{byte(store.Journal), 0, 0, 0, 0, 0, 0, 0, 1}, []byte("rot")) // the site's
	})
	if _, reports := check(t, data); len(reports) == 0 {
		t.Error("nothing is reported")
	}
	if _, err := server.Rebuild(t.Context(), options(data)); err == nil {
		t.Error("rebuilt from a journal that cannot be read")
	}
}

// A server that has its admin key by flag keeps none in the directory: whoever looks after the directory needs none, and
// leaves none there.
func TestADirectoryIsLookedAfterWithoutAnAdminKey(t *testing.T) {
	data := filled(t)
	o := options(data)
	o.WriteKey, o.AdminKey = "", ""
	if _, err := server.Check(t.Context(), o, func(err error) { t.Error(err) }); err != nil {
		t.Error(err)
	}
	if _, err := server.Rebuild(t.Context(), o); err != nil {
		t.Error(err)
	}
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	b := learn.Backtest{From: day, To: day, Every: 24 * time.Hour}
	if err := server.Backtest(t.Context(), o, b, func(learn.Tested) error { return nil }); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(data, access.InitialFile)); !os.IsNotExist(err) {
		t.Errorf("there is a file of keys: %v", err)
	}
}

func TestCheckAndRebuildMakeNoDirectory(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	if _, err := server.Check(t.Context(), options(none), func(error) {}); err == nil {
		t.Error("Check of nothing")
	}
	if _, err := server.Rebuild(t.Context(), options(none)); err == nil {
		t.Error("Rebuild of nothing")
	}
	if _, err := os.Stat(none); !os.IsNotExist(err) {
		t.Errorf("the directory is there: %v", err)
	}
}
