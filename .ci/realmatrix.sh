#!/usr/bin/env bash
# Every probe against real servers that misbehave: NSD behind dnsdist, which
# drops, fails, refuses, cuts, delays and lies, before the servers of the zones,
# of the zones above, and before a validating Unbound; and the same questions to
# NSD, BIND and Knot without a fault, repeated with dig. Prints the matrix. Runs
# in a network namespace of its own; needs root and Linux; installs the servers
# (Debian), none of which is started by its package.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(uname)" != Linux ] || [ "$(id -u)" -ne 0 ] || ! command -v unshare >/dev/null; then
  echo "realmatrix: needs root, Linux and unshare: not run"
  exit 0
fi
. .ci/debian
debian realmatrix nsd=nsd named=bind9 dnssec-signzone=bind9-utils knotd=knot unbound=unbound dnsdist=dnsdist dig=bind9-dnsutils ip=iproute2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -c -tags servers -o "$work/matrix.test" ./cmd/mspscan
cd cmd/mspscan
unshare --net -- "$work/matrix.test" -test.v -test.run '^TestMatrix' -test.timeout 10m
