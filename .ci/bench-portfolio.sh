#!/usr/bin/env bash
# What a portfolio costs against a local NSD and Unbound, in a network namespace
# of its own: time, CPU, memory and queries. Needs root, Linux, nsd and unbound.
#   .ci/bench-portfolio.sh                 one organisation with 1,000 provider domains;
#                                          RATES=all adds a run at the default rates, which
#                                          takes minutes: 5 queries a second to each server
#   .ci/bench-portfolio.sh 100 1000 10000  so many organisations with 10 of 2,000 shared
#                                          providers each; 10,000 write 11 GB, TMPDIR says where
#   PROFILE=DIR .ci/bench-portfolio.sh 300 the same with profiles of CPU and memory in DIR
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
export MSPSCAN="$work/mspscan" ORGS="$*"
test='^TestPortfolioBench$'
options=()
if [ $# -gt 0 ]; then
  test='^TestPortfolioScale$'
fi
if [ -n "${PROFILE:-}" ]; then
  mkdir -p "$PROFILE"
  cp "$work/bench.test" "$PROFILE/"
  unset MSPSCAN # in the test's own process
  options=(-test.cpuprofile cpu.prof -test.memprofile mem.prof -test.memprofilerate 65536 -test.outputdir "$(realpath "$PROFILE")")
fi
cd cmd/mspscan
unshare --net -- "$work/bench.test" -test.run "$test" -test.timeout 120m "${options[@]}"
