#!/usr/bin/env bash
# Makes the pictures of the README from the sample: the workbook's summary by
# LibreOffice, the page and the terminal by Chromium. Installs what it needs
# where it is root on Debian, else says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
for pair in soffice:libreoffice-calc-nogui pdftoppm:poppler-utils chromium:chromium aha:aha; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "pictures: missing: ${missing[*]} (Debian packages)"
    exit 1
  fi
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-dejavu-core >/dev/null
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go run ./cmd/mspscan scan testdata/ridgeline/inventory.yaml --zones testdata/ridgeline/zones \
  --now 2026-06-01 --color always --no-progress \
  -o xlsx="$work/report.xlsx" -o html="$work/report.html" >"$work/terminal.txt" 2>/dev/null
soffice --headless "-env:UserInstallation=file://$work/profile" --convert-to pdf --outdir "$work" "$work/report.xlsx" >/dev/null 2>&1
pdftotext "$work/report.pdf" "$work/report.txt"
page=$(awk 'BEGIN{p=1} {p+=gsub(/\f/,"")} /Provider exposure of/{print p; exit}' "$work/report.txt")
pdftoppm -r 90 -f "${page:-2}" -l "${page:-2}" -png -singlefile "$work/report.pdf" .github/summary
echo "wrote .github/summary.png"

shoot() { # WIDTH,HEIGHT page.html picture.png
  chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --hide-scrollbars --user-data-dir="$work/chromium" --window-size="$1" \
    --screenshot="$work/shot.png" "file://$2" >/dev/null 2>&1
  cp "$work/shot.png" "$3"
  echo "wrote $3"
}

shoot 1280,1820 "$work/report.html" .github/page.png

# A terminal of 100 columns. Where the files went is no part of the picture.
{
  printf '\033[1m$ mspscan scan inventory.yaml -o xlsx=report.xlsx -o html=report.html\033[0m\n'
  sed "s#$work/##g" "$work/terminal.txt"
} | aha --black --title mspscan | sed 's#<pre>#<pre style="font: 15px/1.35 DejaVu Sans Mono, monospace; margin: 18px">#' >"$work/terminal.html"
lines=$(wc -l <"$work/terminal.txt")
shoot "980,$((lines * 21 + 90))" "$work/terminal.html" .github/terminal.png
