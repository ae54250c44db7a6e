#!/usr/bin/env bash
# Runs the peers' test suites that stand in ../shared/suites, and holds our
# look-alikes against those of the dnstwist command. Prints "suite: n of m" a line,
# then every case that is not among the n, with the reason. A suite or a command
# that is absent is skipped with a message.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -d ../shared/suites ]; then
  echo "conformance: ../shared/suites is not here: skipped"
fi
command -v dnstwist >/dev/null || echo "conformance: dnstwist is not installed: skipped"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
go test -count=1 -v -run '^TestConformance' ./msp/... ./scanner/... >"$log" 2>&1 || status=$?
said=$(grep -E '^ +[a-z0-9_]+_test\.go:[0-9]+: ' "$log" | sed -E 's/^ +[a-z0-9_]+_test\.go:[0-9]+: //' || true)
suites=$(grep -E '^[a-z0-9 _.-]+: [0-9]+ of [0-9]+' <<<"$said" | sort || true)
echo "$suites"
echo
echo "Cases that are not counted:"
grep -vxFf <(echo "$suites") <<<"$said" | sort -u | sed 's/^/  /' || true
grep -E -- '--- (FAIL|SKIP)' "$log" || true
if [ -z "$suites" ] && [ ! -d ../shared/suites ] && ! command -v dnstwist >/dev/null; then
  exit "$status"
fi
if [ -z "$suites" ]; then
  echo "conformance: no suite was run"
  tail -30 "$log"
  exit 1
fi
exit "$status"
