# studiobox: every command a newcomer needs. `make` alone lists them.

SHELL       := /bin/bash
.SHELLFLAGS := -eo pipefail -c

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
VERSION     := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
BUILT       := $(shell git log -1 --format=%cI 2>/dev/null)
LDFLAGS     := -s -w -X studiobox/firmware/app.Version=$(VERSION) -X studiobox/provisioning/fleet.Version=$(VERSION) -X studiobox/firmware/app.Built=$(BUILT)
BIN         := bin/studiobox
FLEET       := bin/studiofleet

.PHONY: help run build deps test-deps test lint cross units random-lives bench bench-uplink soak lab lab-short lab-deps lab-short-deps fleet-demo bench-fleet clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: deps build ## install what is missing, build, start the demo
	$(BIN) demo

deps: ## what the box needs at run time (GStreamer), and a Go that is new enough
	@firmware/install/deps.sh run

test-deps: ## what the tests need on top: brokers, ffmpeg, a browser
	@firmware/install/deps.sh test

build: ## bin/studiobox and bin/studiofleet for this machine
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./firmware/cmd/studiobox
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(FLEET) ./firmware/cmd/studiofleet

cross: ## bin/studiobox-linux-{amd64,arm64}, and studiofleet for servers
	@for target in studiobox/amd64 studiobox/arm64 studiofleet/amd64; do echo "== build $$target"; \
	  program=$${target%/*}; arch=$${target#*/}; \
	  CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -trimpath -ldflags '$(LDFLAGS)' \
	    -o bin/$$program-linux-$$arch ./firmware/cmd/$$program || exit 1; done

lint: ## gofmt, go vet, staticcheck
	@echo "== gofmt"; bad=$$(gofmt -l board drivers encoder uplink provisioning firmware); \
	  test -z "$$bad" || { echo "not gofmt-ed: $$bad"; exit 1; }
	@echo "== go vet"; go vet ./...
	@echo "== staticcheck"; go run $(STATICCHECK) ./...

units: ## every test: rooms with the race detector, then the whole appliance
	@echo "== go build -race"; CGO_ENABLED=1 go build -race ./...
	@mkdir -p shots; echo "== go test -race (the console's pages are in shots/)"; CONSOLE_SHOTS=$(CURDIR)/shots CGO_ENABLED=1 go test -race -timeout 15m $$(go list ./... | grep -v -e /firmware/e2e -e '/firmware/telemetry$$')
	@echo "== go test -race, telemetry with fewer restarts and cuts (all of them: make soak)"; CGO_ENABLED=1 go test -race -short ./firmware/telemetry
	@echo "== go test, random lives of the session machine"; go test ./firmware/session
	@echo "== go test, the whole appliance"; STUDIOBOX_TRIES=2 go test -timeout 15m -v ./firmware/e2e | grep -v '^=== '

test: deps test-deps lint cross units lab-short ## everything that .ci/run runs

bench: deps test-deps build ## pass-through against ffmpeg -c copy, go-live times, memory
	STUDIOBOX_BENCH=1 go test -count=1 -timeout 30m -v -run 'Bench' ./firmware/e2e
	go test -run '^$$' -bench . -benchmem ./encoder/... ./uplink/...

# BENCH narrows it: make bench-uplink BENCH='--lines steps,loss-* --rules box,gcc'
bench-uplink: deps test-deps ## the rate rule against its rivals on every line: table, plots, page in bench-uplink/
	go build -o bin/bench ./firmware/bench
	bin/bench run --out bench-uplink $(BENCH)

soak: deps test-deps ## go-live, recoveries and steps of the line, 20 tries each, with their percentiles; a broker's 50 restarts
	go test -count=1 -v ./firmware/telemetry
	STUDIOBOX_TRIES=20 go test -count=1 -timeout 60m -v -run 'Recover|GoLive|Step' ./firmware/e2e

fleet-demo: build ## what ops sees: broker, console and 200 simulated boxes with troubles
	$(FLEET) demo

bench-fleet: deps test-deps build ## 10,000 simulated boxes on both brokers: lag, page, memory, the way back after a restart
	STUDIOBOX_BENCH=1 go test -count=1 -timeout 60m -v -run 'Bench' ./provisioning/fleet

lab-short-deps:
	@firmware/install/deps.sh lab-short

lab-deps: lab-short-deps
	@firmware/install/deps.sh lab

lab: lab-deps cross ## the shipped program on a real kernel's GPIO, in virtual machines of two architectures
	go build -o bin/lab ./firmware/lab
	bin/lab

lab-short: lab-short-deps cross ## one machine, and the stories that must never break
	go build -o bin/lab ./firmware/lab
	bin/lab -machines amd64 -only conform,golive,stuck,sigkill

clean: ## built files
	rm -rf bin bench-uplink shots
