#!/usr/bin/env bash
# Mutation runs: every condition of every rule file (a test of package rules does
# it), then Go code by gremlins: what speaks DNS, what reads files, what escapes.
# PACKAGES="./a ./b:file.go,other.go" chooses packages, or some of their files.
# Prints what lived and what share was killed; minutes a package, so that an idle
# machine is best: a mutant that makes no difference but to time out is not counted.
set -euo pipefail
cd "$(dirname "$0")/.."
go test -count=1 -v -run '^TestMutants' ./rules | grep -v '^=== '
bin=${GOBIN:-$(go env GOPATH)/bin}
[ -x "$bin/gremlins" ] || go install github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
exchange="./scanner/resolve"
decoders="./msp/strict ./msp/waiver ./msp/journal ./msp/indicator ./msp/secret ./msp:name.go ./msp/inventory"
escaping="./msp:escape.go ./reports:escape.go ./reports/xlsx:text.go ./reports/ci:github.go ./reports/html:clean.go"
for entry in ${PACKAGES:-$escaping $decoders $exchange}; do
  package=${entry%%:*}
  without=(-E '^[a-z]+/') # packages below have their own turn
  if [ "$entry" != "$package" ]; then
    for file in "$package"/*.go; do
      case ",${entry#*:}," in *",$(basename "$file"),"*) ;; *) without+=(-E "^$(basename "$file")\$") ;; esac
    done
  fi
  echo "== $entry"
  "$bin/gremlins" unleash "$package" "${without[@]}" --workers "$(nproc)" --timeout-coefficient 20 -S lt | grep -E 'LIVED|TIMED OUT|^Killed|^Timed out|efficacy' || true
done
