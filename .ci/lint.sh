#!/usr/bin/env bash
# gofumpt and golangci-lint v2, installed by `go install` when missing.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${GOBIN:-$(go env GOPATH)/bin}
export PATH="$bin:$PATH"
command -v gofumpt >/dev/null || go install mvdan.cc/gofumpt@v0.12.0
command -v golangci-lint >/dev/null || go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
changed=$(gofumpt -l cmd msp scanner rules reports)
if [ -n "$changed" ]; then
  echo "gofumpt would change:"
  echo "$changed"
  exit 1
fi
golangci-lint run ./...
echo "lint: clean"
