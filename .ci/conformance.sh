#!/usr/bin/env bash
# Runs the peers' test suites that stand in ../shared/suites. A suite that is
# absent is skipped with a message. Prints "suite: n of m" a line.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -d ../shared/suites ]; then
  echo "conformance: ../shared/suites is not here: skipped"
  exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
go test -count=1 -v -run 'Conformance' ./msp/... ./scanner/... >"$log" 2>&1 || status=$?
grep -E '^ *([a-z_]+\.go:[0-9]+: )?[a-z0-9 /_.-]+: [0-9]+ of [0-9]+' "$log" | sed -E 's/^ *[a-z_]+\.go:[0-9]+: //' || true
grep -E -- '--- (FAIL|SKIP)|not here' "$log" || true
if [ "$status" -ne 0 ]; then
  grep -E '(FAIL|Error)' "$log" | head -50
fi
exit "$status"
