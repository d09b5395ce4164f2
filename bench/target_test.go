package bench

import (
	"context"
	"errors"
	"testing"
)

func TestForeignTargetsAreRefused(t *testing.T) {
	for _, raw := range []string{"http://192.0.2.1:8080", "https://198.51.100.7", "http://[2001:db8::1]:80", "http://0.0.0.0:8080"} {
		if _, err := parseTarget(context.Background(), raw, false); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", raw, err)
		}
		if _, err := parseTarget(context.Background(), raw, true); err != nil {
			t.Errorf("%s, own: %v", raw, err)
		}
	}
	if _, err := Run(context.Background(), small("http://192.0.2.1:8080")); !errors.Is(err, ErrForeign) {
		t.Errorf("a run: %v", err)
	}
}

func TestTargetsOfThisMachine(t *testing.T) {
	for raw, want := range map[string]string{
		"http://127.0.0.1:8080": "127.0.0.1:8080", "http://127.9.9.9": "127.9.9.9:80", "http://[::1]:81/": "[::1]:81",
		"https://127.0.0.1": "127.0.0.1:443", "http://[::ffff:127.0.0.1]:82": "127.0.0.1:82",
	} {
		got, err := parseTarget(context.Background(), raw, false)
		if err != nil || got.address != want {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
}

func TestTargetsThatCannotBeRead(t *testing.T) {
	for _, raw := range []string{"127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://127.0.0.1/v1/events", "http://127.0.0.1:x"} {
		if _, err := parseTarget(context.Background(), raw, true); err == nil {
			t.Errorf("%s is read", raw)
		}
	}
}

func TestOptionsThatCannotBeRun(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"connections": func(o *Options) { o.Connections = 0 }, "rate": func(o *Options) { o.Mode, o.Rate = ModeOpen, 0 },
		"duration": func(o *Options) { o.Duration = 0 }, "events": func(o *Options) { o.EventsPerRequest = -1 },
		"sessions": func(o *Options) { o.Sessions = 0 }, "listings": func(o *Options) { o.Listings = 0 },
		"queries": func(o *Options) { o.QueriesPerSecond = -1 }, "sample": func(o *Options) { o.VerifySample = -1 },
		"rounds": func(o *Options) { o.Against, o.Rounds = []string{nameBare}, 0 }, "timeout": func(o *Options) { o.Timeout = 0 },
	} {
		o := small("http://127.0.0.1:1")
		change(&o)
		if _, err := Run(context.Background(), o); err == nil || errors.Is(err, ErrNothing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
