#!/usr/bin/env bash
# What a portfolio of 1,000 provider domains costs against a local NSD and
# Unbound, in a network namespace of its own: wall time, CPU seconds, memory and
# queries. RATES=all adds a run at the default rates, which takes minutes: it is
# bounded by 5 queries a second to each server. Needs root, Linux, nsd and unbound.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin"
if [ "$(uname)" != Linux ] || [ "$(id -u)" -ne 0 ] || ! command -v unshare >/dev/null; then
  echo "bench-portfolio: needs root, Linux and unshare: not run"
  exit 0
fi
for tool in nsd unbound ip; do
  command -v "$tool" >/dev/null || { echo "bench-portfolio: $tool is missing (make servers installs it): not run"; exit 0; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -trimpath -o "$work/mspscan" ./cmd/mspscan
go test -c -tags servers -o "$work/bench.test" ./cmd/mspscan
cd cmd/mspscan
MSPSCAN="$work/mspscan" unshare --net -- "$work/bench.test" -test.run '^TestPortfolioBench$' -test.timeout 30m
