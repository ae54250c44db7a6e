#!/usr/bin/env bash
# Runs every fuzz target of the tree for the given time, one after another.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-60s}
count=0
while IFS=: read -r file target; do
  echo "fuzz $target in $(dirname "$file") for $time"
  go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5s >"${TMPDIR:-/tmp}/fuzz.$$" 2>&1 ||
    { cat "${TMPDIR:-/tmp}/fuzz.$$"; exit 1; }
  tail -2 "${TMPDIR:-/tmp}/fuzz.$$" | head -1
  count=$((count + 1))
done < <(grep -rhoE --include='*_test.go' -H '^func Fuzz[A-Za-z0-9_]+' cmd msp scanner rules reports | sed 's/func //' | sort)
rm -f "${TMPDIR:-/tmp}/fuzz.$$"
echo "$count fuzz targets ran $time each without a failure"
test "$count" -ge 14
