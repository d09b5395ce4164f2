package bench

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/valyala/fasthttp"
)

// ServeBare serves the ceiling: an HTTP server that reads a request and answers 204.
func ServeBare(ctx context.Context, addr string) error {
	return serve(ctx, addr, func(c *fasthttp.RequestCtx) { c.SetStatusCode(fasthttp.StatusNoContent) })
}

// serve serves until ctx ends.
func serve(ctx context.Context, addr string, h fasthttp.RequestHandler) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s := &fasthttp.Server{Handler: h, CloseOnShutdown: true}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	if err := s.Serve(l); err != nil && !errors.Is(err, net.ErrClosed) && ctx.Err() == nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
