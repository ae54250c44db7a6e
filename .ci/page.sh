#!/usr/bin/env bash
# Opens the HTML report in Chromium and uses it: empty console, one request, no
# markup from hostile text, axe with and without scripts in light and dark, the
# graph, filters, permalinks, sorting and ticked fixes, print with every id.
#
#	.ci/page.sh [FOLDER]    pictures of the page go to FOLDER
#
# Installs Chromium and pdftotext (Debian) when they are missing; playwright-core
# and axe-core come from npm into a folder that is removed afterwards. Says so
# and stops where the machine can't have them.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { echo "page: skipped: $*"; exit 0; }

install() {
  command -v "$1" >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || skip "$1 is missing, and no root to install $2"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$2"; } >/dev/null 2>&1 || skip "$2 could not be installed"
}
install chromium chromium
install pdftotext poppler-utils
command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are missing"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/pages" "$work/npm"
(cd "$work/npm" && npm install --silent --no-fund --no-audit --ignore-scripts playwright-core@1.65.1 axe-core@4.14.1 >/dev/null 2>&1) ||
  skip "playwright-core and axe-core could not be installed"

MSPSCAN_PAGES="$work/pages" go test -count=1 -run '^TestWrite$' ./reports/html
go run ./cmd/mspscan scan testdata/ridgeline/inventory.yaml --zones testdata/ridgeline/zones --now 2026-06-01 -q \
  -o html="$work/pages/ridgeline.html" -o json="$work/report.json"
node -e 'const fs=require("fs"),r=JSON.parse(fs.readFileSync(process.argv[1]));fs.writeFileSync(process.argv[2],JSON.stringify({findings:r.findings.map(f=>f.id),providers:r.providers.length,title:r.organisation.name}))' \
  "$work/report.json" "$work/pages/ridgeline.json"
cp .ci/page.mjs "$work/npm/"
node "$work/npm/page.mjs" "$work/pages" "$(command -v chromium)" "${1:-}"
