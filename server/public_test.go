package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"footfall/server"
)

// certificate writes one for 127.0.0.1 and its key, and returns their files and who trusts it.
func certificate(t *testing.T) (cert, key string, trust *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, bytes []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	trust = x509.NewCertPool()
	trust.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", pkcs8), trust
}

func TestThePublicPortSpeaksTLS(t *testing.T) {
	o := options(t.TempDir())
	var trust *x509.CertPool
	o.TLSCert, o.TLSKey, trust = certificate(t)
	servingWith(t, o, func(public, _ string) {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}}
		defer client.CloseIdleConnections()
		for range 2 {
			res, err := client.Post(strings.Replace(public, "http://", "https://", 1)+"/v1/events?k="+writeKey, "text/plain", strings.NewReader(page))
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusNoContent {
				t.Errorf("answered %d, %v", res.StatusCode, err)
			}
		}
		c, err := tls.Dial("tcp", strings.TrimPrefix(public, "http://"), &tls.Config{RootCAs: trust, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10})
		if err == nil {
			_ = c.Close()
			t.Error("TLS 1.1 is spoken")
		}
	})
}

func TestOptionsOfThePublicPortAreChecked(t *testing.T) {
	cert, key, _ := certificate(t)
	for says, change := range map[string]func(*server.Options){
		"belong together":                  func(o *server.Options) { o.TLSCert = cert },
		"read --tls-cert and --tls-key":    func(o *server.Options) { o.TLSCert, o.TLSKey = key, cert },
		`--beacon-path is "news"`:          func(o *server.Options) { o.BeaconPath = "news" },
		`--beacon-path is "/v1/sessions"`:  func(o *server.Options) { o.BeaconPath = "/v1/sessions" },
		`--beacon-path is "/{id}"`:         func(o *server.Options) { o.BeaconPath = "/{id}" },
		`--tracker-path is "/ff.js"`:       func(o *server.Options) { o.TrackerPath = "/ff.js" },
		`--beacon-path is "/openapi.json"`: func(o *server.Options) { o.BeaconPath = "/openapi.json" },
		`--public-url is "homes.example"`:  func(o *server.Options) { o.PublicURL = "homes.example" },
		`--public-url is "https://a/b"`:    func(o *server.Options) { o.PublicURL = "https://a/b" },
	} {
		o := options(filepath.Join(t.TempDir(), "data"))
		change(&o)
		s, err := server.Open(t.Context(), o)
		if err == nil {
			t.Errorf("opened, want %q: %v", says, s.Close())
			continue
		}
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
		if _, err := os.Stat(o.Data); err == nil {
			t.Errorf("%s: a directory was made", says)
		}
	}
}

func TestTheBeaconHasAnotherPath(t *testing.T) {
	o := options(t.TempDir())
	o.BeaconPath = "/news/today"
	servingWith(t, o, func(public, _ string) {
		for _, path := range []string{"/news/today", "/v1/events"} {
			if status, answer := fetch(t, public+path+"?k="+writeKey, page); status != http.StatusNoContent {
				t.Errorf("%s: %d %s", path, status, answer)
			}
		}
		if status, answer := fetch(t, public+"/news/today", ""); status != http.StatusMethodNotAllowed {
			t.Errorf("%d %s", status, answer)
		}
	})
}

// Guessing keys is held to the rate too; who has one is not.
func TestRatesAreOfTheClientBehindAProxy(t *testing.T) {
	o := options(t.TempDir())
	if err := o.TrustedProxies.UnmarshalText([]byte("127.0.0.0/8")); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	o.Now = func() time.Time { return start } // so that nothing comes back with time
	servingWith(t, o, func(public, _ string) {
		ask := func(client, key string) int {
			req, err := http.NewRequest(http.MethodGet, public+"/v1/sessions", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+key)
			req.Header.Set("X-Forwarded-For", client)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			return res.StatusCode
		}
		defer http.DefaultClient.CloseIdleConnections()
		refused := 0
		for i := range 1100 {
			switch status := ask("192.0.2.1", fmt.Sprintf("sk_%032d", i)); status {
			case http.StatusUnauthorized:
			case http.StatusTooManyRequests:
				refused++
			default:
				t.Fatalf("answered %d", status)
			}
		}
		if refused != 100 {
			t.Errorf("of 1,100 guesses %d were refused, want 100", refused)
		}
		if status := ask("192.0.2.2", "sk_0000000000000000000"); status != http.StatusUnauthorized {
			t.Errorf("another client is answered %d", status)
		}
		for range 1100 {
			if status := ask("192.0.2.3", adminKey); status != http.StatusOK {
				t.Fatalf("who has a key is answered %d", status)
			}
		}
	})
}
