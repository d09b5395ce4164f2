# Everything here needs Go, make and a network for Go modules; nothing else of this machine.

STATICCHECK = go tool -modfile=internal/tools/go.mod staticcheck
FUZZTIME = 30s

.PHONY: build demo test soak mutants capture lint fuzz bench bench-compare

build: ## bin/footfall, one static binary
	CGO_ENABLED=0 go build -trimpath -o bin/footfall ./cmd/footfall

VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64

.PHONY: release
release: ## dist/: a static binary for each of PLATFORMS, and SHA256SUMS
	rm -rf dist && mkdir dist
	@set -e; for platform in $(PLATFORMS); do \
		file=footfall-$(VERSION)-$${platform%/*}-$${platform#*/}; \
		echo $$file; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} \
			go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o dist/$$file ./cmd/footfall; \
	done
	cd dist && sha256sum footfall-* >SHA256SUMS

demo: build ## serves a site of homes with the tracker, replays a real access log, and says what to open and to ask
	bin/footfall demo --log examples/weblog/access.log.gz

# What fills the machine runs by itself: a machine with two cores has no third for a browser. The tests of server and
# bench wait for disks, clocks and children half of their time, and so run beside each other.
WAITING = server bench
HEAVY = $(WAITING) e2e faults
# The tag has Pebble check itself. Lint has vetted the tests already.
RACE = go test -race -tags invariants -vet=off -timeout 30m
test: tools lint ## everything that must hold
	$(RACE) $$(go list ./... | grep -v $(HEAVY:%=-e '^footfall/%$$'))
	$(RACE) -p 2 $(WAITING:%=./%)
	$(RACE) ./e2e
	$(RACE) ./faults
	go test -vet=off ./faults # all of it: the race detector, with which it takes many times as long, saw a small part

SOAK = 10m
ROUNDS = 200

soak: tools ## each campaign of faults for SOAK, and ROUNDS rounds of each way to end the program
	FOOTFALL_SOAK=$(SOAK) go test -v -count=1 -timeout 0 ./faults
	FOOTFALL_ROUNDS=$(ROUNDS) go test -v -count=1 -timeout 0 -run 'Killed|TurnsReadOnly' ./server

.PHONY: figures
figures: ## the figures of docs/scoring.md, measured anew; several minutes
	go test -v -count=1 -timeout 0 -run Figures ./scorer -figures

mutants: ## breaks copies of the program on purpose; the tests must notice each
	go test -v -count=1 -timeout 0 -tags mutants -run 'Mutant|Broken' ./faults

capture: tools ## VISITS scripted visits in Chromium: what they caused, what was stored, lost, doubled
	FOOTFALL_VISITS=$(VISITS) go test -v -count=1 -timeout 0 -run TestWhatVisitsCauseIsStoredOnce ./e2e

VISITS = 500

lint: ## gofmt, vet, staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt -w is wanted by:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(STATICCHECK) -checks all ./...

# Some tests watch or use other programs. They are installed where that can be done without a question.
.PHONY: tools
tools:
	@for tool in curl strace cc chromium python3; do \
		command -v $$tool >/dev/null && continue; \
		package=$$tool; [ $$tool = cc ] && package=gcc; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$package; \
		else \
			echo "$$tool is not installed; the tests that need it will say so" >&2; \
		fi; \
	done
	@# Of Debian's prometheus only this one program: the package would start a server.
	@command -v promtool >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		dir=$$(mktemp -d) && trap 'rm -rf $$dir' EXIT && chmod 755 $$dir && cd $$dir && apt-get update -qq && \
		apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb . && \
		install -m 755 usr/bin/promtool /usr/local/bin/promtool; } || \
		echo "promtool is not installed; the tests that need it will say so" >&2

fuzz: ## every fuzz target for FUZZTIME
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file); do \
			echo "$$(dirname $$file) $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$(dirname $$file); \
		done; \
	done

bench: ## benchmarks of the packages
	go test -run '^$$' -bench . -benchmem ./...

bench-compare: ## the benchmarks of REF and of this tree in turns: make bench-compare REF=main~1
	@test -n "$(REF)" || { echo "say what to compare with: make bench-compare REF=main~1"; exit 2; }
	@tree=$$(mktemp -d) && trap 'git worktree remove --force $$tree/ref; rm -rf $$tree' EXIT && \
	git worktree add -q --detach $$tree/ref $(REF) && \
	for round in 1 2 3 4 5; do \
		(cd $$tree/ref && go test -run '^$$' -bench . -benchmem ./event ./ingest ./sessionize ./journal) >>$$tree/old.txt; \
		go test -run '^$$' -bench . -benchmem ./event ./ingest ./sessionize ./journal >>$$tree/new.txt; \
	done && \
	go tool -modfile=internal/tools/go.mod benchstat old=$$tree/old.txt new=$$tree/new.txt
