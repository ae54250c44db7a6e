# Every target that people and CI use. `make help` lists them.
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT   ?= $(shell git rev-parse HEAD 2>/dev/null)
DATE     ?= $(shell TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null)
FLAGS    := -trimpath -ldflags "-s -w -X main.version=$(VERSION:v%=%) -X main.commit=$(COMMIT) -X main.date=$(DATE)"
FUZZTIME ?= 60s
TASKS    ?= 100000
export CGO_ENABLED ?= 0

.PHONY: help build test race properties fuzz lint cover mutate golden conformance bench servers queue wire torture soak workbook page formats pictures release image reproducible clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/mspscan (static, trimmed)
	$(GO) build $(FLAGS) -o bin/mspscan ./cmd/mspscan

test: ## run the tests: no root, no network, nothing installed
	$(GO) vet -tags servers,workbook,torture,figures ./...
	$(GO) test -timeout 30m ./...

race: ## run the tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 MSPSCAN_ROUNDS=200 $(GO) test -race -timeout 40m ./...

properties: ## the exposure model and graph algorithms on 100,000 random models (a quarter of an hour)
	MSPSCAN_ROUNDS=100000 $(GO) test -timeout 2h ./msp/exposure ./msp/graph/csr

fuzz: ## run every fuzz target for FUZZTIME (default 60s)
	.ci/fuzz.sh $(FUZZTIME)

lint: ## gofumpt and golangci-lint (installs them when missing)
	.ci/lint.sh

cover: ## statement coverage by package and in all; fails below its floors
	.ci/cover.sh

mutate: ## mutation runs over the rules and the decoders (installs gremlins; PACKAGES chooses)
	.ci/mutate.sh

golden: ## write the golden reports anew after a wanted change
	$(GO) test ./cmd/mspscan -run TestGolden -update

conformance: ## run the peers' suites of ../shared/suites, if they are there
	.ci/conformance.sh

bench: ## benchmarks: the sample scan, a large inventory, 100,000 findings
	.ci/bench.sh
	.ci/bench-bulk.sh
	.ci/bench-portfolio.sh 100

servers: ## the sample and the fault matrix against NSD, BIND, Knot, Unbound, dnsdist (root; installs them)
	.ci/servers.sh
	.ci/realmatrix.sh

queue: ## the worker test: 100,000 tasks, workers and broker killed at random (root for the partitions)
	TASKS=$(TASKS) .ci/queue.sh

torture: ## kills, power losses, full disks, failing calls, bad input: one table, one JSON (SHORT=1, ROUNDS, CASES, SOAK, NOWIRE)
	SHORT='$(SHORT)' ROUNDS='$(ROUNDS)' CASES='$(CASES)' SOAK='$(SOAK)' NOWIRE='$(NOWIRE)' .ci/torture.sh $(OUT)

soak: ## scans in one process for SOAK (default 30m): memory, files and goroutines stay flat
	CASES=Soak SOAK=$(or $(SOAK),30m) .ci/torture.sh $(OUT)

wire: ## loss, spoofing, politeness, egress, hostile servers, in network namespaces (root; SHORT=1, JSON=FILE)
	.ci/wire.sh $(JSON)

workbook: ## verify workbooks with LibreOffice and the Open XML SDK (installs them)
	.ci/workbook.sh

formats: ## validate SARIF and JUnit by the schema and validator of their authors (installs them)
	.ci/formats.sh

page: ## use the HTML report in Chromium, with axe (installs them); says so and stops where it can't
	.ci/page.sh

pictures: ## make the README's pictures anew from the sample (installs LibreOffice and Chromium)
	.ci/pictures.sh

release: ## archives, SBOMs and checksums of the last commit for six platforms, in dist/ (installs goreleaser)
	.ci/release.sh

image: ## the container image of the release in dist/, as an OCI archive (installs buildah)
	.ci/image.sh

reproducible: ## make the release twice, in unlike places, and compare every artefact
	.ci/reproducible.sh

clean: ## remove what the targets made
	rm -rf bin dist out cover.out
