package api

import (
	"bytes"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// testCall is a call as it reaches a query.
func testCall(key, path, id, query string) *call {
	ctx := new(fasthttp.RequestCtx)
	ctx.Request.SetRequestURI(path + "?" + query)
	return &call{RequestCtx: ctx, route: &Route{Path: path}, id: id, key: key}
}

func TestACursorBringsItsPositionBack(t *testing.T) {
	a := &API{o: Options{CursorKey: []byte("k")}}
	for _, want := range []string{"x", "\x00\xff", strings.Repeat("p", 700)} {
		next := a.nextCursor(testCall("sk", "/p", "i", "a=1&b=2&limit=5"), []byte(want))
		if strings.Trim(*next, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			t.Errorf("%q is not URL-safe as it is", *next)
		}
		got, err := a.cursor(testCall("sk", "/p", "i", "b=2&limit=7&cursor="+*next+"&a=1"))
		if err != nil || string(got) != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if a.nextCursor(testCall("sk", "/p", "", ""), nil) != nil {
		t.Error("the end has a cursor")
	}
	if got, err := a.cursor(testCall("sk", "/p", "", "cursor=")); got != nil || err != nil {
		t.Errorf("no cursor: %q, %v", got, err)
	}
}

func TestACursorIsBoundToItsKeyAndItsQuery(t *testing.T) {
	a := &API{o: Options{CursorKey: []byte("k")}}
	cursor := *a.nextCursor(testCall("sk", "/p", "i", "a=1"), []byte("position"))
	for name, c := range map[string]*call{
		"another key":         testCall("sk2", "/p", "i", "a=1&cursor="+cursor),
		"another route":       testCall("sk", "/q", "i", "a=1&cursor="+cursor),
		"another id":          testCall("sk", "/p", "j", "a=1&cursor="+cursor),
		"another value":       testCall("sk", "/p", "i", "a=2&cursor="+cursor),
		"another parameter":   testCall("sk", "/p", "i", "b=1&cursor="+cursor),
		"a parameter more":    testCall("sk", "/p", "i", "a=1&b=&cursor="+cursor),
		"a parameter less":    testCall("sk", "/p", "i", "cursor="+cursor),
		"key and route moved": testCall("sk/", "p", "i", "a=1&cursor="+cursor),
		"a parameter twice":   testCall("sk", "/p", "i", "a=1&a=1&cursor="+cursor),
	} {
		if got, err := a.cursor(c); err != errCursor {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	other := &API{o: Options{CursorKey: []byte("k2")}}
	if _, err := other.cursor(testCall("sk", "/p", "i", "a=1&cursor="+cursor)); err != errCursor {
		t.Errorf("another directory's: %v", err)
	}
}

func TestAnEditedCursorIsRefused(t *testing.T) {
	a := &API{o: Options{CursorKey: []byte("k")}}
	cursor := *a.nextCursor(testCall("sk", "/p", "i", ""), []byte("position"))
	edits := []string{cursor + "A", cursor + "=", cursor + "%20", "A" + cursor, strings.Repeat("A", 1<<20), "%00", "x", "é", cursor + cursor}
	for i := range cursor {
		edits = append(edits, cursor[:i]+cursor[i+1:])
		for _, c := range "AQgw_-9" {
			if byte(c) != cursor[i] {
				edits = append(edits, cursor[:i]+string(c)+cursor[i+1:])
			}
		}
		if i > 0 {
			edits = append(edits, cursor[:i])
		}
	}
	for _, edit := range edits {
		if got, err := a.cursor(testCall("sk", "/p", "i", "cursor="+edit)); err != errCursor {
			t.Errorf("%.60s: %q, %v", edit, got, err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	a := &API{o: Options{CursorKey: []byte("k")}}
	ours := *a.nextCursor(testCall("sk", "/p", "i", ""), []byte("position"))
	f.Add(ours, []byte{1})
	f.Add(ours[1:], []byte{0x80})
	f.Add("", bytes.Repeat([]byte{0xff}, 20))
	f.Fuzz(func(t *testing.T, text string, raw []byte) {
		c := testCall("sk", "/p", "i", "")
		c.QueryArgs().Set("cursor", text)
		got, err := a.cursor(c)
		switch {
		case err != nil && got != nil, err == nil && text != "" && text != ours:
			t.Fatalf("%q gave %q, %v", text, got, err)
		}
		p := position{rest: raw}
		p.number()
		p.text()
		if err := p.err(); err != nil && err != errCursor {
			t.Fatal(err)
		}
	})
}
