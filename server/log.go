package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	maxLogString   = 256  // bytes of a string in the log
	maxLogMessages = 1024 // whose rate is known; messages are constants, so this is never met
)

// NewLog returns a log of JSON lines on w. Strings have at most 256 bytes. Of one message there is one line a second;
// the next one says how many were left out.
func NewLog(w io.Writer, level slog.Leveler) *slog.Logger {
	lines := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: shortAttr})
	return slog.New(&rated{Handler: lines, rates: &rates{messages: map[string]*rate{}}})
}

// shortAttr cuts what may be long.
func shortAttr(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return a
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(short(a.Value.String()))
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case []string:
			lines := make([]string, len(v))
			for i := range v {
				lines[i] = short(v[i])
			}
			a.Value = slog.AnyValue(lines)
		case error, fmt.Stringer:
			a.Value = slog.StringValue(short(fmt.Sprint(v)))
		default: // a number keeps its type
			if text := fmt.Sprint(v); len(text) > maxLogString {
				a.Value = slog.StringValue(short(text))
			}
		}
	}
	return a
}

func short(s string) string {
	if len(s) <= maxLogString {
		return s
	}
	const more = "…"
	end := maxLogString - len(more)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + more
}

// rates is when each message was last written.
type rates struct {
	mu       sync.Mutex
	messages map[string]*rate
}

type rate struct {
	wrote   time.Time
	leftOut int
}

// admit says whether a message may be written now, and how many of it were not since the last one.
func (r *rates) admit(message string, now time.Time) (leftOut int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.messages[message]
	if m == nil {
		if len(r.messages) >= maxLogMessages {
			clear(r.messages)
		}
		m = &rate{}
		r.messages[message] = m
	} else if since := now.Sub(m.wrote); since >= 0 && since < time.Second {
		m.leftOut++
		return 0, false
	}
	leftOut, m.leftOut, m.wrote = m.leftOut, 0, now
	return leftOut, true
}

// rated is a handler that writes one line a second of each message.
type rated struct {
	slog.Handler
	rates *rates
}

// Handle implements slog.Handler.
func (h *rated) Handle(ctx context.Context, r slog.Record) error {
	leftOut, ok := h.rates.admit(r.Message, r.Time)
	if !ok {
		return nil
	}
	if leftOut > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("left_out", leftOut))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *rated) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &rated{h.Handler.WithAttrs(attrs), h.rates}
}

// WithGroup implements slog.Handler.
func (h *rated) WithGroup(name string) slog.Handler {
	return &rated{h.Handler.WithGroup(name), h.rates}
}

// quiet keeps fasthttp's words about single connections out of the log unless someone looks for them, and the addresses
// of those who made them in any case.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, args ...any) {
	for i, arg := range args {
		var op *net.OpError
		if _, ok := arg.(net.Addr); ok {
			args[i] = "…"
		} else if err, ok := arg.(error); ok && errors.As(err, &op) {
			args[i] = op.Err // without the two addresses
		}
	}
	q.log.Debug("http", "message", fmt.Sprintf(format, args...))
}
