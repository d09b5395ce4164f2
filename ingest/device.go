package ingest

import (
	"hash/maphash"
	"regexp"
	"strings"
	"sync"

	"github.com/x-way/crawlerdetect"

	"footfall/event"
)

// DeviceOf returns the class of device that a User-Agent names, DeviceUnknown for an empty one. An iPad that asks for
// desktop sites cannot be told from a Mac; the tracker says deviceType for it.
func DeviceOf(ua string) event.Device {
	switch {
	case ua == "":
		return event.DeviceUnknown
	case isTablet(ua):
		return event.Tablet
	case isMobile(ua):
		return event.Mobile
	}
	return event.Desktop
}

// isTablet is the product's rule /(tablet|ipad|playbook|silk)|(android(?!.*mobi))/i. An Android without "mobi" behind
// it exists exactly if the last Android has none.
func isTablet(ua string) bool {
	ua = strings.ToLower(ua)
	if containsAny(ua, "tablet", "ipad", "playbook", "silk") {
		return true
	}
	i := strings.LastIndex(ua, "android")
	return i >= 0 && !strings.Contains(ua[i:], "mobi")
}

// isMobile is the product's rule, which minds the size of letters:
// /Mobile|Android|iP(hone|od)|IEMobile|BlackBerry|Kindle|Silk-Accelerated|(hpw|web)OS|Opera M(obi|ini)/.
func isMobile(ua string) bool {
	return containsAny(ua, "Mobile", "Android", "iPhone", "iPod", "BlackBerry", "Kindle", "Silk-Accelerated", "hpwOS",
		"webOS", "Opera Mobi", "Opera Mini")
}

func containsAny(s string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// libraries are the products by which programs that are no crawlers name themselves: servers send events too. The list
// of crawlers has most of them, so they are taken out of a User-Agent before it is looked up.
var libraries = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`curl`, `libcurl`, `pycurl`, `wget`, `httpie`, `postmanruntime`, `insomnia`, // tools
	`python-[a-z0-9]+`, `python`, `aiohttp`, `httpx`,
	`go-http-client`, `go-resty`, `fasthttp`, `quic-go-http`,
	`axios`, `node-fetch`, `node-superagent`, `node`, `undici`, `got`, `deno`, `bun`,
	`google-http-java-client`, `java`, `okhttp`, `commons-httpclient`, `apache-httpclient`, `unirest-java`, `jersey`, `reactornetty`, `ahc`,
	`libwww-perl`, `libwww`, `lwp::simple`, `lwp-request`, `www-mechanize`,
	`guzzlehttp`, `guzzle`, `symfony httpclient`, `php`, `wordpress`,
	`faraday`, `ruby`, `rest-client`, `typhoeus`, `http\.rb`,
	`reqwest`, `hyper`, `ureq`, `restsharp`, `hackney`, `dart`, `zapier`,
}, "|") + `)\b(/\S*)?( - \S+| v[\d.]+| \((\+?https?://|httpurl)[^)]*\))?`)

// IsBot tells whether a User-Agent is that of a known crawler or a headless browser. HTTP libraries are none. The list
// is that of the module crawlerdetect. It takes some 200 µs: Agents remembers.
func IsBot(ua string) bool {
	rest := strings.Trim(libraries.ReplaceAllString(ua, ""), " ;,()")
	return rest != "" && crawlerdetect.IsCrawler(rest)
}

// Agent is what a User-Agent says.
type Agent struct {
	Device event.Device
	Bot    bool
}

const (
	maxAgent  = 1024   // bytes of a User-Agent that are looked at
	maxAgents = 16_384 // remembered in each of two generations
)

// Agents looks User-Agents up and remembers the answers, in bounded memory and under seeded hashes: the User-Agents
// themselves are not kept. It may be used by many goroutines.
type Agents struct {
	seed maphash.Seed

	mu       sync.RWMutex
	new, old map[uint64]Agent
}

// NewAgents returns Agents that remembers nothing yet.
func NewAgents() *Agents {
	return &Agents{seed: maphash.MakeSeed(), new: make(map[uint64]Agent)}
}

// Of returns what a User-Agent says. It does not keep ua.
func (a *Agents) Of(ua string) Agent {
	ua = ua[:min(len(ua), maxAgent)]
	hash := maphash.String(a.seed, ua)
	a.mu.RLock()
	agent, ok := a.new[hash]
	fresh := ok
	if !ok {
		agent, ok = a.old[hash]
	}
	a.mu.RUnlock()
	if !ok {
		agent = Agent{Device: DeviceOf(ua), Bot: IsBot(ua)}
	}
	if !fresh {
		a.keep(hash, agent)
	}
	return agent
}

// keep remembers an answer. When the new generation is full it becomes the old one, and what nobody asked for since
// is forgotten.
func (a *Agents) keep(hash uint64, agent Agent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.new) >= maxAgents {
		a.new, a.old = make(map[uint64]Agent), a.new
	}
	a.new[hash] = agent
}
