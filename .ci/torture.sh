#!/usr/bin/env bash
# torture.sh [FOLDER]: maltreats the built program: kills at random and at the n-th
# system call, power losses, full and read-only disks, failing calls, signals, two
# runs at once, jumping clocks, bad inputs, and a soak. Prints one table and one
# JSON, and leaves torture.json and table.txt in FOLDER.
#
#	SHORT=1     the short form, for CI (four minutes)
#	ROUNDS=N    N rounds of each case
#	CASES=RE    only the tests whose name matches; rows of others stay in FOLDER
#	SOAK=30m    how long the soak lasts (default: 20s short, 2m long)
#	NOWIRE=1    without .ci/wire.sh, the same for the network, whose JSON stands in ours
#	SEED=N      the moments of the run that printed it
#
# Without root, loop devices or strace the cases that need them are counted as not
# run. With root it works in a mount namespace of its own, so that nothing stays
# mounted.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(uname)" != Linux ]; then
  echo "torture: needs Linux: not run"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$(realpath -m "${1:-$work/out}")
mkdir -p "$out"
rm -f "$out/torture.json" "$out/table.txt"
[ -n "${CASES:-}" ] || rm -f "$out"/*.row.json "$out/wire.json"

export CGO_ENABLED=0 SHORT=${SHORT:-}
version=$(git describe --tags --always --dirty 2>/dev/null || echo dev)
go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$work/mspscan" ./cmd/mspscan
go build -trimpath -ldflags "-s -w -X main.version=$version-other" -o "$work/other" ./cmd/mspscan
go test -c -tags torture -o "$work/torture.test" ./cmd/mspscan/internal/torture
go test -c -tags torture -o "$work/mspscan.test" ./cmd/mspscan
export MSPSCAN_TORTURE_BIN=$work/mspscan MSPSCAN_TORTURE_OTHER=$work/other MSPSCAN_TORTURE_VERSION=$version MSPSCAN_TORTURE_DIR=$out

apart=()
if [ "$(id -u)" -eq 0 ] && unshare --mount --propagation private true 2>/dev/null; then
  apart=(unshare --mount --propagation private)
fi
status=0
inside() { # folder binary tests cases
  local tests
  tests=$(cd "$1" && "$2" -test.list "$3" | grep -E "^Test" | grep -E "$4" | paste -sd '|') || return 0
  (cd "$1" && "${apart[@]}" "$2" -test.v -test.count 1 -test.timeout 12h -test.run "^($tests)\$") >"$out/log.txt" 2>&1 || status=1
  grep -E '^(---|SKIP|FAIL|PASS)|SEED=| try [0-9]+:|^panic' "$out/log.txt" || true
}
inside cmd/mspscan "$work/mspscan.test" "^TestTorture" "${CASES:-.}"
inside cmd/mspscan/internal/torture "$work/torture.test" "^Test(Kills|Portfolio|Resume|Syscall|Power|Disk|ReadOnly|Signals|Closed|Descriptors|TwoRuns|Clock|Network).*$" "${CASES:-.}"

if [ -z "${CASES:-}${NOWIRE:-}" ]; then
  faults=0
  began=$SECONDS
  .ci/wire.sh "$out/wire.json" >"$out/wire.txt" 2>&1 || { faults=1; status=1; tail -20 "$out/wire.txt"; }
  why=''
  [ -s "$out/wire.json" ] || why=$(grep -o '[^:]*: not run$' "$out/wire.txt" | tail -1 || true)
  printf '{"case":"wire","what":"the network: see wire","tries":%d,"faults":%d,"not_run":"%s","seconds":%d}\n' \
    "$([ -n "$why" ] && echo 0 || echo 1)" "$faults" "${why//\"/}" "$((SECONDS - began))" >"$out/wire.row.json"
fi
inside cmd/mspscan/internal/torture "$work/torture.test" '^TestTable$' .
cat "$out/table.txt" "$out/torture.json"
exit $status
