#!/usr/bin/env bash
# Makes the pictures of the README from the sample: the workbook's summary by
# LibreOffice, the page by Chromium, the terminal by its own text. Needs
# soffice, pdftoppm and chromium; says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in soffice pdftoppm chromium; do
  command -v "$tool" >/dev/null || { echo "pictures: $tool is missing (Debian: libreoffice-calc-nogui, poppler-utils, chromium)"; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go run ./cmd/mspscan scan testdata/ridgeline/inventory.yaml --zones testdata/ridgeline/zones \
  --now 2026-06-01 -q -o xlsx="$work/report.xlsx" -o html="$work/report.html"
soffice --headless "-env:UserInstallation=file://$work/profile" --convert-to pdf --outdir "$work" "$work/report.xlsx" >/dev/null 2>&1
pdftotext "$work/report.pdf" "$work/report.txt"
page=$(awk 'BEGIN{p=1} {p+=gsub(/\f/,"")} /Provider exposure of/{print p; exit}' "$work/report.txt")
pdftoppm -r 90 -f "${page:-2}" -l "${page:-2}" -png -singlefile "$work/report.pdf" .github/summary
echo "wrote .github/summary.png"

chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
  --hide-scrollbars --user-data-dir="$work/chromium" --window-size=1280,1820 \
  --screenshot="$work/page.png" "file://$work/report.html" >/dev/null 2>&1
cp "$work/page.png" .github/page.png
echo "wrote .github/page.png"
