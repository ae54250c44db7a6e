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
need=()
has() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null || need+=("$2"); }
has nsd nsd
has named bind9
has dnssec-signzone bind9-utils
has knotd knot
has unbound unbound
has dnsdist dnsdist
has dig bind9-dnsutils
has ip iproute2
if [ ${#need[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "realmatrix: ${need[*]} missing and no apt-get to install them: not run"
    exit 0
  fi
  if [ ! -e /usr/sbin/policy-rc.d ]; then # a package must not start its server on this machine
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -qq
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null; then
    echo "realmatrix: ${need[*]} cannot be installed here: not run"
    exit 0
  fi
  [ "$(trap -p EXIT)" = "" ] || { rm -f /usr/sbin/policy-rc.d; trap - EXIT; }
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -c -tags servers -o "$work/matrix.test" ./cmd/mspscan
cd cmd/mspscan
unshare --net -- "$work/matrix.test" -test.v -test.run '^TestMatrix' -test.timeout 10m
