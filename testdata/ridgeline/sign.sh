#!/usr/bin/env bash
# Signs the zones below test. anew: run it after a change in unsigned/. It needs
# dnssec-keygen and dnssec-signzone (Debian: bind9-utils). The keys are thrown
# away; trust-anchor holds the new DS of test. for a validating resolver.
#
# watchtower.test is signed until 2049; the signatures of paydirt.test ended in
# February 2024, so its answers are bogus; paydirt-super.test is signed with an
# RSA key of 1024 bits, which validates and is weak.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sign() { # zone start end keygen-options
  local zone=$1 start=$2 end=$3 key
  shift 3
  (
    cd "$work"
    key=$(dnssec-keygen -q "$@" -f KSK "$zone")
    cat "$key.key" >>"$zone.zone"
    dnssec-signzone -q -P -z -o "$zone" -s "$start" -e "$end" -O full -f "$zone.signed" "$zone.zone" "$key"
    dnssec-dsfromkey -2 "$key" >"$zone.ds"
  )
}

long=(20240101000000 20490101000000)
below=(watchtower.test paydirt.test paydirt-super.test)
for zone in "${below[@]}"; do cp "unsigned/$zone.zone" "$work/"; done
sign watchtower.test "${long[@]}" -a ECDSAP256SHA256
sign paydirt.test 20240101000000 20240201000000 -a ECDSAP256SHA256
sign paydirt-super.test "${long[@]}" -a RSASHA256 -b 1024
cat unsigned/test.zone >"$work/test.zone"
for zone in "${below[@]}"; do cat "$work/$zone.ds" >>"$work/test.zone"; done
sign test "${long[@]}" -a ECDSAP256SHA256
for zone in test "${below[@]}"; do
  { echo "; signed by sign.sh from unsigned/$zone.zone"; grep -v '^;' "$work/$zone.signed"; } >"zones/$zone.zone"
done
cp "$work/test.ds" trust-anchor
