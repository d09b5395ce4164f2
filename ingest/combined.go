package ingest

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
)

// LogLine is one line of an access log in the combined format of Apache and nginx.
type LogLine struct {
	Address  string // of the client: only ever hashed
	Time     time.Time
	Method   string
	Target   string // path and query as requested
	Status   int
	Referrer string // "" if none was sent
	Agent    string // "" if none was sent
}

const logTime = "02/Jan/2006:15:04:05 -0700"

var (
	errLogShape   = errors.New(`not in combined format: address - user [time] "request" status size "referrer" "user agent"`)
	errLogTime    = errors.New("the time in brackets is not like 17/May/2015:10:05:03 +0000")
	errLogRequest = errors.New("the request is not like GET /path HTTP/1.1")
	errLogStatus  = errors.New("the status is no number of three digits")
)

// ParseCombined reads a line like
//
//	10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 512 "http://example.com/" "Mozilla/5.0"
//
// Fields after the User-Agent are left unread. Bytes that are no UTF-8 become U+FFFD.
func ParseCombined(line []byte) (LogLine, error) {
	rest := strings.ToValidUTF8(string(bytes.TrimSpace(line)), "\uFFFD")
	var l LogLine
	var when, request, status, ok = "", "", "", false
	if l.Address, rest, ok = strings.Cut(rest, " "); !ok || l.Address == "" {
		return LogLine{}, errLogShape
	}
	if _, rest, ok = strings.Cut(rest, " ["); !ok { // a user's name may hold spaces
		return LogLine{}, errLogShape
	}
	if when, rest, ok = strings.Cut(rest, `] "`); !ok {
		return LogLine{}, errLogShape
	}
	if request, rest, ok = cutQuoted(rest); !ok {
		return LogLine{}, errLogShape
	}
	if status, rest, ok = strings.Cut(strings.TrimPrefix(rest, " "), " "); !ok {
		return LogLine{}, errLogShape
	}
	if _, rest, ok = strings.Cut(rest, ` "`); !ok { // the size
		return LogLine{}, errLogShape
	}
	if l.Referrer, rest, ok = cutQuoted(rest); !ok {
		return LogLine{}, errLogShape
	}
	if rest, ok = strings.CutPrefix(rest, ` "`); !ok {
		return LogLine{}, errLogShape
	}
	if l.Agent, _, ok = cutQuoted(rest); !ok {
		return LogLine{}, errLogShape
	}
	l.Referrer, l.Agent = absent(l.Referrer), absent(l.Agent)
	return l, l.finish(when, request, status)
}

func (l *LogLine) finish(when, request, status string) (err error) {
	if l.Time, err = time.Parse(logTime, when); err != nil {
		return errLogTime
	}
	if l.Status, err = strconv.Atoi(status); err != nil || l.Status < 100 || l.Status > 999 {
		return errLogStatus
	}
	var ok bool
	if l.Method, request, ok = strings.Cut(request, " "); !ok || l.Method == "" {
		return errLogRequest
	}
	if i := strings.LastIndex(request, " HTTP/"); i >= 0 { // HTTP/0.9 has none
		request = request[:i]
	}
	if l.Target = request; request == "" {
		return errLogRequest
	}
	return nil
}

// cutQuoted returns what stands before the closing quote, and what follows it. Servers write a quote within as \" (its
// escape is undone) or as \x22 (which is left).
func cutQuoted(s string) (text, rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return strings.ReplaceAll(s[:i], `\"`, `"`), s[i+1:], true
		}
	}
	return "", "", false
}

// absent returns "" for the dash that stands for nothing.
func absent(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

// assets are the endings of files that a page loads along with itself, and of files that are no pages.
var assets = map[string]bool{
	"css": true, "js": true, "mjs": true, "map": true, "json": true, "xml": true, "rss": true, "atom": true, "txt": true,
	"png": true, "jpg": true, "jpeg": true, "gif": true, "ico": true, "svg": true, "webp": true, "avif": true, "bmp": true,
	"woff": true, "woff2": true, "ttf": true, "otf": true, "eot": true, "webmanifest": true,
	"mp3": true, "mp4": true, "webm": true, "ogg": true, "wav": true,
	"zip": true, "gz": true, "tgz": true, "bz2": true, "xz": true, "jar": true, "rpm": true, "deb": true, "exe": true, "pdf": true,
}

// isPageView tells whether a line is a page that somebody got to see.
func (l *LogLine) isPageView() bool {
	if l.Method != "GET" || (l.Status < 200 || l.Status > 299) && l.Status != 304 {
		return false
	}
	path := l.path()
	name := path[strings.LastIndexByte(path, '/')+1:]
	i := strings.LastIndexByte(name, '.')
	return i < 0 || !assets[strings.ToLower(name[i+1:])]
}

// path returns the target without its query.
func (l *LogLine) path() string {
	if i := strings.IndexAny(l.Target, "?#"); i >= 0 {
		return l.Target[:i]
	}
	return l.Target
}
