#!/usr/bin/env bash
# Makes the pictures of the README from the sample: the workbook's summary by
# LibreOffice, the terminal by its own text. Needs soffice, pdftoppm and
# ImageMagick or ffmpeg only where PNG must be cut; says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in soffice pdftoppm; do
  command -v "$tool" >/dev/null || { echo "pictures: $tool is missing (Debian: libreoffice-calc-nogui, poppler-utils)"; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go run ./cmd/mspscan scan testdata/ridgeline/inventory.yaml --zones testdata/ridgeline/zones \
  --now 2026-06-01 -q -o xlsx="$work/report.xlsx"
soffice --headless "-env:UserInstallation=file://$work/profile" --convert-to pdf --outdir "$work" "$work/report.xlsx" >/dev/null 2>&1
pdftotext "$work/report.pdf" "$work/report.txt"
page=$(awk 'BEGIN{p=1} {p+=gsub(/\f/,"")} /Provider exposure of/{print p; exit}' "$work/report.txt")
pdftoppm -r 90 -f "${page:-2}" -l "${page:-2}" -png -singlefile "$work/report.pdf" .github/summary
echo "wrote .github/summary.png"
