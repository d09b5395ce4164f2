package ingest

import (
	"fmt"
	"testing"

	"footfall/event"
)

const (
	chromeUA = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	iphoneUA = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
	pixelUA  = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
	galaxyUA = "Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)

func TestDeviceOfFollowsTheProductsRules(t *testing.T) {
	for _, tc := range []struct {
		ua   string
		want event.Device
	}{
		{"", event.DeviceUnknown},
		{chromeUA, event.Desktop},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15", event.Desktop},
		{"curl/8.5.0", event.Desktop},
		{iphoneUA, event.Mobile},
		{pixelUA, event.Mobile},
		{galaxyUA, event.Tablet},
		{"Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) Mobile/15E148", event.Tablet},
		{"Mozilla/5.0 (Android 14; Tablet; rv:126.0) Gecko/126.0 Firefox/126.0", event.Tablet},
		{"Mozilla/5.0 (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0", event.Mobile},
		{"Mozilla/5.0 (PlayBook; U; RIM Tablet OS 2.1.0)", event.Tablet},
		{"Mozilla/5.0 (Linux; U; Android 4.0; KFTT) Silk/3.21 Mobile Safari", event.Tablet},
		{"mobi android", event.Tablet},
		{"android mobi android", event.Tablet},
		{"ANDROID MOBI", event.Desktop}, // the second rule minds the size of letters
		{"Opera/9.80 (J2ME/MIDP; Opera Mini/7.1)", event.Mobile},
		{"Mozilla/5.0 (webOS/1.4)", event.Mobile},
		{"Mozilla/5.0 (hp-tablet; hpwOS/3.0.0)", event.Tablet},
		{"Mozilla/5.0 (BlackBerry; U; BlackBerry 9900)", event.Mobile},
		{"Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; IEMobile/10.0)", event.Mobile},
	} {
		if got := DeviceOf(tc.ua); got != tc.want {
			t.Errorf("DeviceOf(%q) = %q, want %q", tc.ua, got, tc.want)
		}
	}
}

func TestCrawlersAndHeadlessBrowsersAreBots(t *testing.T) {
	for _, ua := range []string{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
		"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
		"Scrapy/2.11 (+https://scrapy.org)",
		"Googlebot/2.1 curl/8.0",
	} {
		if !IsBot(ua) {
			t.Errorf("IsBot(%q) = false", ua)
		}
	}
}

func TestBrowsersAndHTTPLibrariesAreNoBots(t *testing.T) {
	for _, ua := range []string{
		"", chromeUA, iphoneUA, pixelUA, galaxyUA,
		"Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
		"Mozilla/5.0 (Linux; Android 12; CUBOT) AppleWebKit/537.36 Chrome/99 Mobile Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 300.0 (iPhone13,2; iOS 17_0)",
		"Mozilla/5.0 (Linux; Android 13; SM-G991B; wv) AppleWebKit/537.36 Version/4.0 Chrome/110.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/400;]",
		"curl/8.5.0", "curl/7.54.0 (x86_64-redhat-linux-gnu) libcurl/7.19.7 NSS/3.13 zlib/1.2.3", "Wget/1.21", "HTTPie/3.2",
		"PycURL/7.43 libcurl/7.5", "python-requests/2.31.0", "Python-urllib/3.11", "python-urllib3/1.26", "python-httpx/0.25",
		"Python/3.11 aiohttp/3.9.1", "aiohttp/3.8", "Go-http-client/1.1", "Go-http-client/2.0", "fasthttp", "quic-go-HTTP/3",
		"go-resty/2.7.0 (https://github.com/go-resty/resty)", "axios/1.6.2", "node-fetch", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
		"node", "undici", "got (https://github.com/sindresorhus/got)", "node-superagent/3.8", "Deno/1.38", "Bun/1.0.1",
		"okhttp/4.9.0", "BrokerApp/2.1 okhttp/4.9.0", "Java/17.0.1", "Apache-HttpClient/4.5.13 (Java/11.0.12)",
		"Jakarta Commons-HttpClient/3.1", "Google-HTTP-Java-Client/1.42 (gzip)", "unirest-java/3.1", "Jersey/2.3 (HttpUrlConnection 1.8)",
		"ReactorNetty/1.0", "AHC/2.1", "libwww-perl/6.67", "LWP::Simple/6.00 libwww-perl/6.05", "lwp-request/6", "WWW-Mechanize/1.9",
		"GuzzleHttp/7", "GuzzleHttp/6.5.5 curl/7.58.0 PHP/7.4", "Symfony HttpClient/Curl", "PHP/8.1", "Faraday v1.0", "Ruby",
		"rest-client/2.1.0 (linux x86_64) ruby/2.7", "http.rb/5.0", "Typhoeus - https://github.com/typhoeus/typhoeus",
		"reqwest/0.11", "hyper/0.14", "ureq/2.9", "RestSharp/106.15.0.0", "PostmanRuntime/7.36", "hackney/1.18",
		"Dart/3.2 (dart:io)", "BrokerApp/1 CFNetwork/1410.0.3 Darwin/22.6.0", "WordPress/6.4; https://example.com", "Zapier",
	} {
		if IsBot(ua) {
			t.Errorf("IsBot(%q) = true", ua)
		}
	}
}

func TestAgentsRememberWithinBounds(t *testing.T) {
	a := NewAgents()
	for range 2 {
		if got, want := a.Of(iphoneUA), (Agent{Device: event.Mobile}); got != want {
			t.Fatalf("Of(iPhone) = %+v, want %+v", got, want)
		}
		if got, want := a.Of("Googlebot/2.1"), (Agent{Device: event.Desktop, Bot: true}); got != want {
			t.Fatalf("Of(Googlebot) = %+v, want %+v", got, want)
		}
	}
	for i := range 2*maxAgents + 5 {
		a.keep(uint64(i), Agent{})
	}
	if n := len(a.new) + len(a.old); n > 2*maxAgents {
		t.Errorf("%d answers remembered, want at most %d", n, 2*maxAgents)
	}
	if got := a.Of("Googlebot/2.1"); !got.Bot {
		t.Errorf("a forgotten answer is not found again")
	}
}

func TestARememberedAgentCostsNoMemory(t *testing.T) {
	a := NewAgents()
	a.Of(chromeUA)
	if n := testing.AllocsPerRun(100, func() { a.Of(chromeUA) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAgents(b *testing.B) {
	a := NewAgents()
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a.Of(chromeUA)
		}
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			a.Of(fmt.Sprint(chromeUA, i))
		}
	})
}
