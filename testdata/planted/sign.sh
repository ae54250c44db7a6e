#!/usr/bin/env bash
# Signs the zones below test. anew: run it after a change in unsigned/. It needs
# dnssec-keygen and dnssec-signzone (Debian: bind9-utils) that still take the old
# algorithms. The keys are thrown away; trust-anchor holds the new DS of test.
#
# What is wrong with each zone stands beside it; signatures hold until 2049.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
long=(-s 20240101000000 -e 20490101000000)

key() { # zone keygen-options: adds a key to the zone, prints its name
  local zone=$1 name
  shift
  name=$(cd "$work" && dnssec-keygen -q "$@" "$zone" 2>/dev/null)
  cat "$work/$name.key" >>"$work/$zone.zone"
  echo "$name"
}

sign() { # zone signzone-options
  local zone=$1
  shift
  (cd "$work" && dnssec-signzone -q -P -z -o "$zone" "$@" -O full -f "$zone.signed" "$zone.zone" >/dev/null)
}

ds() { # zone digest-options key: keeps the DS for the parent
  local zone=$1
  shift
  (cd "$work" && dnssec-dsfromkey "$@" >>"$zone.ds" 2>/dev/null)
}

simple() { # zone algorithm-options: one key signs all, SHA-256 at the parent
  local zone=$1 k
  shift
  k=$(key "$zone" "$@" -f KSK)
  sign "$zone" "${long[@]}"
  ds "$zone" -2 "$k"
}

for file in unsigned/*.zone; do cp "$file" "$work/$(basename "$file")"; done
ecdsa=(-a ECDSAP256SHA256)

simple secure.test "${ecdsa[@]}"
simple dane.test "${ecdsa[@]}"

k=$(key expired.test "${ecdsa[@]}" -f KSK) # signatures that ended
sign expired.test -s 20240101000000 -e 20240201000000
ds expired.test -2 "$k"

k=$(key early.test "${ecdsa[@]}" -f KSK) # signatures that have not begun
sign early.test -s 20480101000000 -e 20490101000000
ds early.test -2 "$k"

key stranger.test "${ecdsa[@]}" -f KSK >/dev/null # a DS of another key
sign stranger.test "${long[@]}"
k=$(key stranger.test "${ecdsa[@]}" -f KSK)
ds stranger.test -2 "$k"

simple forged.test "${ecdsa[@]}" # a serial changed after signing
sed -i -E 's/(SOA\s.*hostmaster\.forged\.test\.) 1 /\1 2 /' "$work/forged.test.signed"

cp "$work/bare.test.zone" "$work/bare.test.signed" # a DS over a zone that is not signed
k=$(key bare.test "${ecdsa[@]}" -f KSK)
ds bare.test -2 "$k"

simple island.test "${ecdsa[@]}" # signed, but no DS at the parent
rm "$work/island.test.ds"

simple rsa1024.test -a RSASHA256 -b 1024
simple rsa2048.test -a RSASHA256 -b 2048

k=$(key zsk1024.test -a RSASHA256 -b 2048 -f KSK) # a short zone key under a long one
key zsk1024.test -a RSASHA256 -b 1024 >/dev/null
(cd "$work" && dnssec-signzone -q -P -o zsk1024.test "${long[@]}" -O full -f zsk1024.test.signed zsk1024.test.zone >/dev/null)
ds zsk1024.test -2 "$k"

k=$(key sha1ds.test "${ecdsa[@]}" -f KSK)
sign sha1ds.test "${long[@]}"
ds sha1ds.test -1 "$k"

k=$(key sha1and2ds.test "${ecdsa[@]}" -f KSK)
sign sha1and2ds.test "${long[@]}"
ds sha1and2ds.test -1 "$k"
ds sha1and2ds.test -2 "$k"

simple alg7.test -a NSEC3RSASHA1 -b 2048

k=$(key alg7and13.test -a NSEC3RSASHA1 -b 2048 -f KSK)
l=$(key alg7and13.test "${ecdsa[@]}" -f KSK)
sign alg7and13.test "${long[@]}"
ds alg7and13.test -2 "$k"
ds alg7and13.test -2 "$l"

for file in "$work"/*.ds; do cat "$file" >>"$work/test.zone"; done
simple test "${ecdsa[@]}"
mv "$work/test.ds" trust-anchor
for file in unsigned/*.zone; do
  zone=$(basename "$file" .zone)
  { echo "; made by sign.sh from unsigned/$zone.zone"; grep -v '^;' "$work/$zone.signed"; } >"zones/$zone.zone"
done
