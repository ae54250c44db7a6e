#!/usr/bin/env bash
# Mutation runs: every condition of every rule file (a test of package rules does
# it), then Go code by gremlins, package by package. PACKAGES="./a ./b" chooses.
# Prints what was killed; about a second a mutant.
set -euo pipefail
cd "$(dirname "$0")/.."
go test -count=1 -v -run '^TestMutants' ./rules | grep -v '^=== '
bin=${GOBIN:-$(go env GOPATH)/bin}
[ -x "$bin/gremlins" ] || go install github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
for package in ${PACKAGES:-./msp/strict ./msp/waiver ./msp/journal ./msp/indicator ./msp/inventory ./scanner/resolve}; do
  echo "== $package"
  "$bin/gremlins" unleash "$package" --workers "$(nproc)" | grep -E 'LIVED|TIMED OUT|^Killed|^Timed out|efficacy' || true
done
