package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"footfall/ingest"
	"footfall/server"
)

const staffPassword = "teal otter argues loudly"

// hire makes an admin of the default organization.
func hire(t *testing.T, client *http.Client, public string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, public+"/v1/users",
		strings.NewReader(fmt.Sprintf(`{"email":"ada@homes.example","name":"Ada","role":"admin","password":%q}`, staffPassword)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	if res := roundTrip(t, client, req); res.StatusCode != http.StatusCreated {
		t.Fatalf("status %d", res.StatusCode)
	}
}

// roundTrip returns an answer whose body has been read.
func roundTrip(t *testing.T, client *http.Client, req *http.Request) *http.Response {
	t.Helper()
	req.Close = true
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return res
}

// signInAs signs in at a host through whoever sends these headers.
func signInAs(t *testing.T, client *http.Client, public, host string, header http.Header) *http.Response {
	t.Helper()
	body, err := json.Marshal(map[string]string{"email": "ada@homes.example", "password": staffPassword})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, public+"/v1/login", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Host, req.Header = host, header.Clone()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return roundTrip(t, client, req)
}

// Behind a proxy that speaks TLS the cookie is bound to this host and to TLS. Whoever is no trusted proxy can say what
// they like.
func TestSigningInOverPlainHTTPNeedsATrustedProxyThatSpeaksTLS(t *testing.T) {
	for name, c := range map[string]struct {
		trusted string
		proto   []string
		secure  bool
	}{
		"a trusted proxy": {"127.0.0.1", []string{"https"}, true}, "a chain": {"127.0.0.1", []string{"https, HTTPS"}, true},
		"half a chain": {"127.0.0.1", []string{"https, http"}, false}, "two lines": {"127.0.0.1", []string{"https", "http"}, false},
		"plain": {"127.0.0.1", []string{"http"}, false}, "not said": {"127.0.0.1", nil, false},
		"another proxy": {"10.0.0.0/8", []string{"https"}, false}, "no proxy": {"", []string{"https"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t.TempDir())
			var proxies ingest.Proxies
			if err := proxies.UnmarshalText([]byte(c.trusted)); err != nil {
				t.Fatal(err)
			}
			o.TrustedProxies = proxies
			servingWith(t, o, func(public, _ string) {
				hire(t, http.DefaultClient, public)
				header := http.Header{"X-Forwarded-Proto": c.proto, "X-Forwarded-For": {"192.0.2.7"}}
				res := signInAs(t, http.DefaultClient, public, "homes.example", header)
				if !c.secure {
					if res.StatusCode != http.StatusForbidden || len(res.Cookies()) > 0 {
						t.Errorf("status %d, %v", res.StatusCode, res.Cookies())
					}
					return
				}
				checkSecure(t, res)
			})
		})
	}
}

func TestSigningInOverTLS(t *testing.T) {
	o := options(t.TempDir())
	var trust *x509.CertPool
	o.TLSCert, o.TLSKey, trust = certificate(t)
	servingWith(t, o, func(public, _ string) {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}}
		defer client.CloseIdleConnections()
		public = strings.Replace(public, "http://", "https://", 1)
		hire(t, client, public)
		checkSecure(t, signInAs(t, client, public, "", http.Header{}))
		res, err := client.Get(public + "/app/sign-in")
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%v, %v", res.Header, err)
		}
	})
}

func checkSecure(t *testing.T, res *http.Response) {
	t.Helper()
	cookies := res.Cookies()
	if res.StatusCode != http.StatusOK || len(cookies) != 1 {
		t.Fatalf("status %d, %v", res.StatusCode, cookies)
	}
	c := cookies[0]
	if c.Name != "__Host-footfall" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is %+v", c)
	}
}

// A crash right after signing in, or a restart, signs nobody out; rows of people are kept by a rebuild.
func TestPeopleAreThereAfterARestartAndARebuild(t *testing.T) {
	data := t.TempDir()
	var cookie *http.Cookie
	serving(t, data, func(public, _ string) {
		hire(t, http.DefaultClient, public)
		res := signInAs(t, http.DefaultClient, public, "", http.Header{})
		if res.StatusCode != http.StatusOK {
			t.Fatalf("status %d", res.StatusCode)
		}
		cookie = res.Cookies()[0]
	})
	for _, rebuilt := range []bool{false, true} {
		if rebuilt {
			if _, err := server.Rebuild(t.Context(), server.Options{Data: data, QueueBytes: 32 << 20, Now: time.Now}); err != nil {
				t.Fatal(err)
			}
		}
		serving(t, data, func(public, _ string) {
			req, err := http.NewRequest(http.MethodGet, public+"/v1/me", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.AddCookie(cookie)
			if res := roundTrip(t, http.DefaultClient, req); res.StatusCode != http.StatusOK {
				t.Errorf("rebuilt %v: status %d", rebuilt, res.StatusCode)
			}
		})
		if _, err := server.Check(t.Context(), server.Options{Data: data, QueueBytes: 32 << 20}, func(err error) { t.Error(err) }); err != nil {
			t.Error(err)
		}
	}
}
