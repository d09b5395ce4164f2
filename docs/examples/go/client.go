// Package footfall is an example of a client of footfall, for other Go programs to take and change. It uses the standard
// library alone.
//
// A call is tried again where the server says that it may be: 429 and 503, after the time in Retry-After. It is safe
// to, because what makes something carries a key by which the server knows it: an Idempotency-Key, or the ids of events.
package footfall

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Client calls one server. Its methods may be called at the same time.
type Client struct {
	URL       string       // such as https://footfall.example
	SecretKey string       // sk_…, for everything but SendEvents
	WriteKey  string       // wk_…, for SendEvents
	HTTP      *http.Client // nil: http.DefaultClient
	Tries     int          // of a call, 0: 5
}

// Error is an answer that says no.
type Error struct {
	Status    int    `json:"-"`
	Code      string `json:"code"` // such as not_found
	Message   string `json:"message"`
	Field     string `json:"field"`
	RequestID string `json:"request_id"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("footfall: %d %s: %s (request %s)", e.Status, e.Code, e.Message, e.RequestID)
}

// request is a call before it is sent.
type request struct {
	method, path string
	query        url.Values
	body         any
	once         string // its Idempotency-Key
	secret       bool   // it is sent with the secret key
}

// do makes a call until it is answered, and reads the answer into out unless that is nil.
func (c *Client) do(ctx context.Context, r request, out any) error {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return fmt.Errorf("footfall: encode the request: %w", err)
		}
	}
	tries := c.Tries
	if tries == 0 {
		tries = 5
	}
	for {
		tries--
		wait, err := c.try(ctx, r, body, out)
		if err == nil || wait == 0 || tries <= 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// try makes a call once. wait is how long to wait for another try, 0 if none would help.
func (c *Client) try(ctx context.Context, r request, body []byte, out any) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.URL+r.path+"?"+r.query.Encode(), bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("footfall: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.secret {
		req.Header.Set("Authorization", "Bearer "+c.SecretKey)
	}
	if r.once != "" {
		req.Header.Set("Idempotency-Key", r.once)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return time.Second, fmt.Errorf("footfall: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return time.Second, fmt.Errorf("footfall: %w", err)
	case res.StatusCode >= 400:
		return retryAfter(res), refusal(res, answer)
	case out == nil || len(answer) == 0:
		return 0, nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return 0, fmt.Errorf("footfall: decode the answer: %w", err)
	}
	return 0, nil
}

func retryAfter(res *http.Response) time.Duration {
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		return max(time.Duration(seconds)*time.Second, time.Millisecond)
	}
	return time.Second
}

func refusal(res *http.Response, answer []byte) error {
	var body struct{ Error Error }
	if json.Unmarshal(answer, &body) != nil { // a proxy may answer for the server
		body.Error.Message = http.StatusText(res.StatusCode)
	}
	body.Error.Status = res.StatusCode
	return &body.Error
}
