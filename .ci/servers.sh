#!/usr/bin/env bash
# Scans the sample against real servers: NSD serves its zones at the addresses
# that they name, Unbound resolves them under a private root with its own trust
# anchor, both in a network namespace of their own. The findings must be those of
# the embedded server. Needs root and Linux; installs nsd and unbound (Debian).
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(uname)" != Linux ] || [ "$(id -u)" -ne 0 ] || ! command -v unshare >/dev/null; then
  echo "servers: needs root, Linux and unshare: not run"
  exit 0
fi
. .ci/debian
debian servers nsd=nsd unbound=unbound ip=iproute2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -c -tags servers -o "$work/servers.test" ./cmd/mspscan
cd cmd/mspscan
unshare --net -- "$work/servers.test" -test.v -test.run '^TestRealServers' -test.timeout 10m
