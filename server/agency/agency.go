// Package agency makes the year of a small agency for make demo: past leads with their outcomes, open leads of visitors
// whose visits were replayed, and visitors who look at homes while the demo runs.
//
// All people in it are generated, and every lead says so in its message. What it makes goes to the server by HTTP, as an
// agency's own systems would send it, and the same seed makes the same people. It is no part of what the server does.
package agency

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// Home is one of the agency's listings.
type Home struct {
	ID, Address, City string
	Price, Beds, Sqft int
	Baths             float64
	Listed            time.Time
}

// Options of an Agency. All are required.
type Options struct {
	Footfall            string // address of the server, such as http://127.0.0.1:8080
	WriteKey, SecretKey string // the secret key has every scope
	Homes               []Home
	Now                 func() time.Time
	Out                 io.Writer // is told what was made
}

// Agency sends what it makes to a server.
type Agency struct {
	o      Options
	dice   *rand.Rand
	client *http.Client
	named  int               // people who have a name so far
	agents map[string]string // whose the homes for sale are, by home
	leads  []*shopper        // who wrote and may come back, the keenest last
}

// seed of every demo.
const seed = 20_261_126

// New returns an agency.
func New(o Options) *Agency {
	return &Agency{o: o, dice: rand.New(rand.NewPCG(seed, seed)), agents: map[string]string{}, client: &http.Client{Timeout: time.Minute}}
}

// generated is the message of every lead.
const generated = "Generated for the demo: nobody wrote this."

// person is a made-up name with an address and a number that reach nobody.
type person struct{ Name, Email, Phone string }

var (
	firstNames = strings.Fields("Ada Ben Cleo Dan Edith Finn Grace Hugo Iris Jonas Kira Leon Maya Nils Olga Pia Quinn Rosa Sam Tara Uma Vera Wim Yara Zoe")
	lastNames  = strings.Fields("Abbott Becker Castillo Dunn Eriksen Foster Grant Hayes Ito Jensen Klein Lopez Moreau Novak Okafor Park Quist Rossi Singh Torres Umar Vance Weber Young Zhou")
)

func (a *Agency) person() person {
	n := a.named
	a.named++
	first, last := firstNames[n*7%len(firstNames)], lastNames[(n*11+n/len(firstNames))%len(lastNames)]
	return person{first + " " + last, fmt.Sprintf("%s.%s.%d@example.com", strings.ToLower(first), strings.ToLower(last), n), fmt.Sprintf("+1 206 555 %04d", n)}
}

// ask sends a body with the secret key and reads the JSON of the answer into answer, which may be nil.
func (a *Agency) ask(ctx context.Context, method, path, contentType string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, a.o.Footfall+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+a.o.SecretKey)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return a.do(req, answer)
}

// do makes a request. An answer of 400 or more is an error.
func (a *Agency) do(req *http.Request, answer any) error {
	res, err := a.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", req.Method, req.URL.Path, err)
	}
	if res.StatusCode >= 400 {
		return fmt.Errorf("%s %s: status %d: %s", req.Method, req.URL.Path, res.StatusCode, strings.TrimSpace(string(text)))
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", req.Method, req.URL.Path, err)
	}
	return nil
}

// send sends JSON.
func (a *Agency) send(ctx context.Context, method, path string, v, answer any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write what is sent to %s: %w", path, err)
	}
	return a.ask(ctx, method, path, "application/json", body, answer)
}

// lines writes each value as a line of JSON.
func lines[T any](all []T) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, v := range all {
		if err := e.Encode(v); err != nil {
			return nil, fmt.Errorf("write a line: %w", err)
		}
	}
	return b.Bytes(), nil
}
