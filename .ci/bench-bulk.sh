#!/usr/bin/env bash
# Look-ups in bulk: the bulk client beside dnsperf (the limit), the dnsx command
# (the peer) and massdns where it can be had, all of one NSD with a zone of
# 200,000 names, in a network namespace of its own. Prints a table: names a
# second, answered share, wrong answers, CPU seconds for a million names, peak
# memory; medians of RUNS interleaved runs. SIZES and LOSSES choose the rows.
# Needs root; installs nsd, dnsperf, nftables, iproute2, time (Debian) and dnsx.
set -euo pipefail
cd "$(dirname "$0")/.."
sizes=${SIZES:-"10000 100000 1000000"}
losses=${LOSSES:-"0 5 20"}
runs=${RUNS:-3}
dnsx_version=v1.2.2
[ "$(id -u)" = 0 ] || { echo "bench-bulk: needs root, for a network namespace"; exit 0; }
missing=()
for pair in nsd:nsd dnsperf:dnsperf nft:nftables ip:iproute2; do command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}"); done
[ -x /usr/bin/time ] || missing+=(time)
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null
fi
work=$(mktemp -d)
ns=mspscan-bench-$$
cleanup() {
  [ -f "$work/nsd.pid" ] && kill "$(cat "$work/nsd.pid")" 2>/dev/null || true
  ip netns del "$ns" 2>/dev/null || true
  sleep 1
  rm -rf "$work"
}
trap cleanup EXIT
mkdir "$work/dnsx.src"
cp go.mod go.sum "$work/dnsx.src"
grep -q "projectdiscovery/dnsx $dnsx_version" go.mod || echo "bench-bulk: go.mod has another dnsx than $dnsx_version"
(cd "$work/dnsx.src" && CGO_ENABLED=0 go build -mod=mod -o "$work/dnsx" github.com/projectdiscovery/dnsx/cmd/dnsx) 2>"$work/dnsx.log" ||
  { echo "bench-bulk: the dnsx command could not be built: left out"; tail -3 "$work/dnsx.log"; }
CGO_ENABLED=0 go test -c -o "$work/ours" ./scanner/resolve/bulk

# The zone: h0 … h199999 have an address that follows from the name.
awk 'BEGIN {
  print "$ORIGIN bench.test.\n$TTL 300\n@ SOA ns.other.test. hostmaster 1 3600 900 604800 300\n@ NS ns.other.test."
  for (i = 0; i < 200000; i++) printf "h%d A 198.%d.%d.%d\n", i, 18 + int(i / 65536), int(i / 256) % 256, i % 256
}' >"$work/bench.test.zone"
cat >"$work/nsd.conf" <<C
server:
  ip-address: 127.0.0.1@5355
  server-count: 1
  username: ""
  zonesdir: "$work"
  pidfile: "$work/nsd.pid"
  database: ""
  zonelistfile: "$work/zone.list"
  xfrdfile: "$work/xfrd.state"
  xfrdir: "$work"
  rrl-ratelimit: 0
  verbosity: 0
remote-control:
  control-enable: no
zone:
  name: bench.test
  zonefile: bench.test.zone
C
ip netns add "$ns"
in_ns() { ip netns exec "$ns" "$@"; }
in_ns ip link set lo up
in_ns nsd -c "$work/nsd.conf" 2>/dev/null
sleep 2

# Four of five names exist.
for n in $sizes; do
  awk -v n="$n" 'BEGIN { for (i = 0; i < n; i++) if (i % 5 == 4) print "none" i ".bench.test"; else print "h" (i * 7919 % 200000) ".bench.test" }' >"$work/names.$n"
  awk '{ print $1 " A" }' "$work/names.$n" >"$work/queries.$n"
done
lose() { # percent of datagrams, each way
  in_ns nft flush ruleset
  [ "$1" = 0 ] || in_ns nft -f - <<R
table inet bench {
  chain input {
    type filter hook input priority 0
    meta l4proto udp numgen random mod 100 < $1 drop
  }
}
R
}

# verify FILE: answered and wrong lines of "name TAB outcome TAB rest".
verify() {
  awk -F '\t' '{
    n++; name = $1; sub(/\.bench\.test\.?$/, "", name)
    if ($2 == "unknown") next
    answered++
    if (name ~ /^none/) { if ($2 != "absent") wrong++; next }
    i = substr(name, 2) + 0
    want = sprintf("198.%d.%d.%d", 18 + int(i / 65536), int(i / 256) % 256, i % 256)
    if ($2 != "present" || $3 != want) wrong++
  } END { printf "%d %d\n", answered, wrong }' "$1"
}

# Each tool prints: seconds answered wrong cpu-seconds megabytes. time gives user
# and system seconds and the peak of resident memory.
timed() { in_ns timeout 300 /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$@"; }
cost() { awk '{ printf "%.2f %.1f", $2 + $3, $4 / 1024 }' "$work/time"; }
ours() {
  timed "$work/ours" -test.run '^TestDrive$' -bulk.server 127.0.0.1:5355 -bulk.names "$work/names.$1" -bulk.out "$work/out" >"$work/log" || true
  read -r answered wrong < <(verify "$work/out")
  echo "$(grep -o '"Seconds":[0-9.]*' "$work/log" | cut -d: -f2) $answered $wrong $(cost)"
}
dnsperf_() {
  timed dnsperf -s 127.0.0.1 -p 5355 -d "$work/queries.$1" -n 1 -q 500 -c 4 -t 2 >"$work/log" 2>&1
  echo "$(awk '/Run time/ {print $4}' "$work/log") $(awk '/Queries completed/ {print $3}' "$work/log") - $(cost)"
}
dnsx_() {
  timed "$work/dnsx" -l "$work/names.$1" -r 127.0.0.1:5355 -a -resp -silent -nc -retry 3 -t 500 -duc >"$work/dnsx.out" 2>/dev/null || true
  # it prints what exists only: the rest counts as answered where it was right to say nothing
  awk -v names="$work/names.$1" '{ gsub(/[\[\]]/, ""); print $1 "\tpresent\t" $NF }' "$work/dnsx.out" >"$work/out"
  read -r answered wrong < <(verify "$work/out")
  awk -v a="$answered" -v n="$1" -v w="$wrong" '{ printf "%s %d %d ", $1, a + int(n / 5), w }' "$work/time"
  cost
  echo
}
massdns_() {
  echo 127.0.0.1:5355 >"$work/resolvers"
  timed massdns -r "$work/resolvers" -t A -o S -w "$work/massdns.out" -s 2000 -q "$work/names.$1" >/dev/null 2>&1 || true
  awk '{ sub(/\.$/, "", $1); print $1 "\tpresent\t" $3 }' "$work/massdns.out" >"$work/out"
  read -r answered wrong < <(verify "$work/out")
  awk -v a="$answered" -v n="$1" -v w="$wrong" '{ printf "%s %d %d ", $1, a + int(n / 5), w }' "$work/time"
  cost
  echo
}

tools=${TOOLS:-"dnsperf_ ours"}
[ -n "${TOOLS:-}" ] || { [ -x "$work/dnsx" ] && tools="$tools dnsx_"; }
command -v massdns >/dev/null && tools="$tools massdns_" || echo "massdns is not here: left out"
printf '%-9s %-6s %-8s %12s %10s %7s %12s %8s\n' names loss tool names/s answered wrong 'CPU s/M' 'peak MB'
for loss in $losses; do
  lose "$loss"
  for n in $sizes; do
    for tool in $tools; do : >"$work/rows.$tool"; done
    for ((run = 0; run < runs; run++)); do # interleaved, so that a busy moment falls on all
      for tool in $tools; do
        [ "$tool" = dnsx_ ] && [ "$n" -gt 100000 ] && continue # minutes for a figure that 100,000 names give too
        "$tool" "$n" >>"$work/rows.$tool"
      done
    done
    for tool in $tools; do
      [ -s "$work/rows.$tool" ] || continue
      sort -n "$work/rows.$tool" | awk -v n="$n" -v loss="$loss" -v tool="${tool%_}" '{ row[NR] = $0 } END {
        split(row[int((NR + 1) / 2)], f, " ")
        printf "%-9d %-6s %-8s %12.0f %9.3f%% %7s %12.2f %8.1f\n", n, loss " %", tool, n / f[1], 100 * f[2] / n, f[3], f[4] * 1000000 / n, f[5]
      }'
    done
  done
done
