#!/bin/sh
# Validates the CI formats of the sample: SARIF against the JSON Schema of the
# standard and by the validator of its authors, JUnit as XML. The schema and the
# validator come from npm into a folder of their own that is removed afterwards.
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --silent --no-fund --no-audit @microsoft/sarif-multitool-linux@5.7.0 >/dev/null)
tool="$work/node_modules/@microsoft/sarif-multitool-linux"

MSPSCAN_SARIF_SCHEMA="$tool/sarif-2.1.0.json" go test -count=1 -run 'TestSARIF' ./reports/ci

go run ./cmd/mspscan scan testdata/ridgeline/inventory.yaml --zones testdata/ridgeline/zones --now 2026-06-01 -q \
	-o sarif="$work/mspscan.sarif" -o junit="$work/junit.xml"
"$tool/Sarif.Multitool" validate "$work/mspscan.sarif" --rule-kind 'Sarif;Ghas' --output "$work/verdict.sarif" --log ForceOverwrite >"$work/log" 2>&1 || true
node -e '
const run = JSON.parse(require("fs").readFileSync(process.argv[1])).runs[0];
const bad = run.results.filter((r) => (r.level || "warning") === "error");
for (const r of bad.slice(0, 20)) console.log(r.ruleId, JSON.stringify(r.message), JSON.stringify(r.locations && r.locations[0].physicalLocation.region));
console.log(run.results.length + " remarks of the SARIF validator, " + bad.length + " errors");
process.exit(bad.length > 0 ? 1 : 0);
' "$work/verdict.sarif"
node -e '
const text = require("fs").readFileSync(process.argv[1], "utf8");
const count = (re) => (text.match(re) || []).length;
const said = Number(/tests="(\d+)"/.exec(text)[1]);
if (said !== count(/<testcase /g)) { console.log("junit.xml says " + said + " tests and holds " + count(/<testcase /g)); process.exit(1); }
console.log(said + " test cases in junit.xml");
' "$work/junit.xml"
