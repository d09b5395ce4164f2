package api

import (
	"strings"

	"footfall/ingest"
	"footfall/web"

	"github.com/valyala/fasthttp"
)

// trackerRoutes are the rows of the scripts that pages load.
func (a *API) trackerRoutes() []Route {
	var rows []Route
	for i := range a.o.Scripts {
		s := &a.o.Scripts[i]
		row := Route{get, "/" + s.Name, Public, "The tracker", serveScript(s)}
		if s.Frozen {
			row.Summary = "A release of the tracker that never changes"
		} else if path := a.o.TrackerPath; path != "" {
			rows = append(rows, Route{get, path, Public, "The tracker", serveScript(s)})
		}
		rows = append(rows, row)
	}
	return rows
}

// serveScript answers with a script, which pages of every origin may load.
func serveScript(s *web.Script) func(*call) {
	cached := "public, max-age=3600"
	if s.Frozen {
		cached = "public, max-age=31536000, immutable"
	}
	return func(c *call) {
		h := &c.Response.Header
		h.Set("Cache-Control", cached)
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if s.Frozen {
			h.Set("Access-Control-Allow-Origin", "*") // pages compare it with its hash, which browsers allow only then
		}
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Request-Id", ingest.RequestID(c.RequestCtx))
		sendScript(c, s, "text/javascript; charset=utf-8")
	}
}

// sendScript answers with a file, compressed if the browser takes that, or says that it has it already.
func sendScript(c *call, s *web.Script, kind string) {
	h := &c.Response.Header
	h.Set("ETag", s.ETag)
	h.Set("Vary", "Accept-Encoding")
	if matches(string(c.Request.Header.Peek("If-None-Match")), s.ETag) {
		c.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	c.SetContentType(kind)
	if c.Request.Header.HasAcceptEncoding("gzip") {
		h.Set("Content-Encoding", "gzip")
		c.SetBody(s.Gzip)
		return
	}
	c.SetBody(s.Body)
}

// matches tells whether an If-None-Match names an ETag. A proxy that compresses may have made it a weak one.
func matches(header, etag string) bool {
	for name := range strings.SplitSeq(header, ",") {
		if name = strings.TrimSpace(name); name == "*" || strings.TrimPrefix(name, "W/") == etag {
			return true
		}
	}
	return false
}
