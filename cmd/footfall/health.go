package main

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

type healthCmd struct {
	OpsListen string `help:"Address of the server's operations port." default:"127.0.0.1:9090"`
}

// Run asks a server for its health, for containers that hold nothing else that could.
func (c *healthCmd) Run(p *program) error {
	client := &http.Client{Timeout: 5 * time.Second}
	req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, "http://"+c.OpsListen+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("ask for health (--ops-listen): %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask for health (--ops-listen): %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not healthy: status %d: %s", res.StatusCode, answer)
	}
	fmt.Fprintln(p.out, "healthy")
	return nil
}
