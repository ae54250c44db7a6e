#!/usr/bin/env bash
# Signs the zones below test. anew: run it after a change in unsigned/. It needs
# dnssec-keygen and dnssec-signzone (Debian: bind9-utils). The keys are thrown
# away; trust-anchor holds the new DS of test. for a validating resolver.
#
# watchtower.test is signed until 2049; the signatures of paydirt.test ended in
# February 2024, so its answers are bogus.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sign() { # zone start end
  cp "unsigned/$1.zone" "$work/$1.zone"
  (
    cd "$work"
    key=$(dnssec-keygen -q -a ECDSAP256SHA256 -f KSK "$1")
    cat "$key.key" >>"$1.zone"
    dnssec-signzone -q -P -z -o "$1" -s "$2" -e "$3" -O full -f "$1.signed" "$1.zone" "$key"
    dnssec-dsfromkey -2 "$key" >"$1.ds"
  )
}

sign watchtower.test 20240101000000 20490101000000
sign paydirt.test 20240101000000 20240201000000
cat unsigned/test.zone "$work/watchtower.test.ds" "$work/paydirt.test.ds" >"$work/test.zone"
(
  cd "$work"
  key=$(dnssec-keygen -q -a ECDSAP256SHA256 -f KSK test)
  cat "$key.key" >>test.zone
  dnssec-signzone -q -P -z -o test -s 20240101000000 -e 20490101000000 -O full -f test.signed test.zone "$key"
  dnssec-dsfromkey -2 "$key" >anchor
)
for zone in test watchtower.test paydirt.test; do
  { echo "; signed by sign.sh from unsigned/$zone.zone"; grep -v '^;' "$work/$zone.signed"; } >"zones/$zone.zone"
done
cp "$work/anchor" trust-anchor
