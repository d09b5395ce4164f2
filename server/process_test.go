package server_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const (
	writeKey = "wk_0123456789abcdef"
	adminKey = "sk_0123456789abcdef"
)

// binary is the program, built once for all tests.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "footfall")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "footfall")
	if out, err := exec.Command("go", "build", "-o", binary, "footfall/cmd/footfall").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// command runs the program to its end and returns its exit code and all that it wrote.
func command(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	out, err := exec.Command(binary, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return code, string(out)
}

// process is the program, serving.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	ops    string // address of the operations port
	client *http.Client
	ended  chan struct{} // closed when it ended; err and log may then be read
	err    error
	log    strings.Builder
}

// start starts the program on a data directory and returns once it serves. around, if any, is what runs it.
func start(t *testing.T, data string, around ...string) *process {
	t.Helper()
	args := append(around, binary, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--data", data,
		"--write-key", writeKey, "--admin-key", adminKey, "--time-zone", "America/New_York")
	p := &process{t: t, cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	p.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	serving := make(chan addresses, 1)
	go p.watch(stderr, serving)
	t.Cleanup(p.kill)
	select {
	case at := <-serving:
		p.url, p.ops = "http://"+at.Listen, at.Ops
	case <-p.ended:
		t.Fatalf("the program ended: %v\n%s", p.err, p.log.String())
	}
	return p
}

// addresses are where the program says that it listens.
type addresses struct {
	Msg, Listen string
	Ops         string `json:"ops_listen"`
}

// watch keeps the log and tells where the program listens.
func (p *process) watch(stderr io.Reader, serving chan<- addresses) {
	defer close(p.ended)
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line addresses
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			serving <- line
		}
		p.log.WriteString(lines.Text() + "\n")
	}
	p.err = errors.Join(lines.Err(), p.cmd.Wait())
}

// kill ends the program as kill -9 does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
	p.client.CloseIdleConnections()
}

// stop asks the program to end and returns its exit code.
func (p *process) stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Error(err)
	}
	<-p.ended
	p.client.CloseIdleConnections()
	return p.cmd.ProcessState.ExitCode()
}

// do makes a request with the secret key and returns the answer's status and body.
func (p *process) do(method, target, body string) (status int, answer string, err error) {
	req, err := http.NewRequest(method, p.url+target, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0")
	res, err := p.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), errors.Join(err, res.Body.Close())
}

// get reads what must be there.
func (p *process) get(target string) string {
	p.t.Helper()
	status, answer, err := p.do("GET", target, "")
	if err != nil || status != http.StatusOK {
		p.t.Fatalf("GET %s: %d, %v: %s", target, status, err, answer)
	}
	return answer
}

// post sends a beacon; nil means that it was acknowledged.
func (p *process) post(body string) error {
	status, answer, err := p.do("POST", "/v1/events?k="+writeKey, body)
	if err == nil && status != http.StatusNoContent {
		err = fmt.Errorf("answered %d: %s", status, answer)
	}
	return err
}

// together runs n functions at once and returns when all have returned.
func together(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}
