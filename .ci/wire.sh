#!/usr/bin/env bash
# The wire, with real servers in one network namespace and mspscan in another: what
# it believes, how politely it asks, and that it asks nobody else. `wire.sh FILE`
# writes the figures to FILE as JSON; the table goes to stdout. SHORT=1 is the form
# for CI, RUN a pattern of tests. Needs root and Linux; installs the servers
# (Debian), none of which is started by its package.
set -euo pipefail
cd "$(dirname "$0")/.."
json=${1:-}
if [ "$(uname)" != Linux ] || [ "$(id -u)" -ne 0 ]; then
  echo "wire: needs root and Linux: not run"
  exit 0
fi
. .ci/debian
debian wire nsd=nsd unbound=unbound dnsdist=dnsdist dnsmasq=dnsmasq-base dig=bind9-dnsutils ip=iproute2 nft=nftables
work=$(mktemp -d)
client=mspscan-c-$$ servers=mspscan-s-$$
tidy() {
  ip netns del "$client" 2>/dev/null || true
  ip netns del "$servers" 2>/dev/null || true
  rm -rf "$work"
}
trap tidy EXIT
if ! ip netns add "$client" || ! ip netns add "$servers"; then
  echo "wire: network namespaces cannot be made here: not run"
  exit 0
fi
for ns in "$client" "$servers"; do # the kernel itself would speak over IPv6
  ip netns exec "$ns" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
done
ip link add wire-c netns "$client" type veth peer name wire-s netns "$servers"
ip -n "$client" link set lo up
ip -n "$servers" link set lo up
ip -n "$client" addr add 10.77.0.1/24 dev wire-c
ip -n "$servers" addr add 10.77.0.2/24 dev wire-s
ip -n "$client" link set wire-c up
ip -n "$servers" link set wire-s up
ip -n "$client" route add default via 10.77.0.2

export MSPSCAN_WIRE_CLIENT=$client MSPSCAN_WIRE_BINARY=$work/mspscan MSPSCAN_WIRE_FIGURES=$work/figures
export MSPSCAN_WIRE_SHORT=${SHORT:-}
: >"$work/figures"
go build -trimpath -o "$work/mspscan" ./cmd/mspscan
go test -c -tags servers -o "$work/wire.test" ./cmd/mspscan
status=0
(cd cmd/mspscan && ip netns exec "$servers" "$work/wire.test" -test.v -test.run "${RUN:-^TestWire}" -test.timeout 50m) \
  >"$work/log" 2>&1 || status=$?

# The cases in process, and with them (in the full form: the whole suite) a counter
# of packets to anywhere but loopback.
figure() { # name value wanted holds
  printf '%s\t%s\t%s\t%s\n' "$@" >>"$work/figures"
}
if [ -z "${RUN:-}" ]; then
  ip netns exec "$client" nft 'add table inet leak; add chain inet leak out { type filter hook output priority 10; }; add rule inet leak out oifname != "lo" counter'
  offline=(ip netns exec "$client" env GOPROXY=off GOTOOLCHAIN=local)
  cases=0
  "${offline[@]}" go test -count=1 -v -run '^TestFaults?(Matrix|AgainstDenials|WithoutEDNS)$' ./scanner/scantest >"$work/cases" 2>&1 || { status=1; tail -30 "$work/cases"; }
  for n in $(sed -nE 's/.*= ([0-9]+) cases.*/\1/p' "$work/cases"); do cases=$((cases + n)); done
  times() { { grep -o "$1" "$work/cases" || true; } | wc -l; }
  lies=$(times 'LIE: ') cleans=$(times 'ABSENT: ')
  figure cases "$cases" '>= 960' "$([ "$cases" -ge 960 ] && echo true || { echo false; status=1; })"
  figure lies "$lies" '= 0' "$([ "$lies" -eq 0 ] && echo true || echo false)"
  figure false_cleans "$cleans" '= 0' "$([ "$cleans" -eq 0 ] && echo true || echo false)"
  if [ -z "${SHORT:-}" ]; then
    "${offline[@]}" go test -count=1 -timeout 40m ./... >"$work/suite" 2>&1 || { status=1; grep -v '^ok' "$work/suite" | tail -30; }
  fi
  leaked=$(ip netns exec "$client" nft list table inet leak | sed -nE 's/.*packets ([0-9]+).*/\1/p')
  figure suite_packets_leaked "$leaked" '= 0' "$([ "$leaked" -eq 0 ] && echo true || echo false)"
  [ "$leaked" -eq 0 ] || status=1
fi
grep -E '^ +wire[a-z_]*_test\.go:|^--- |^ +--- ' "$work/log" | sed -E 's/^ +wire[a-z_]*_test\.go:[0-9]+: /  /' || true
[ "$status" -eq 0 ] || tail -60 "$work/log"

echo
awk -F'\t' 'BEGIN { printf "%-44s %14s  %s\n", "FIGURE", "VALUE", "WANTED" }
  { printf "%-44s %14s  %s%s\n", $1, $2, $3, ($4 == "false" ? "  MISSED" : "") }' "$work/figures"
if [ -n "$json" ]; then
  awk -F'\t' -v status="$status" 'BEGIN { printf "{\n  \"schema\": \"mspscan/wire/v1\",\n  \"figures\": {" }
    { printf "%s\n    \"%s\": %s", (NR > 1 ? "," : ""), $1, $2; if ($3 != "") { w[++n] = "\"" $1 "\": \"" $3 "\"" } if ($4 == "false") missed++ }
    END {
      printf "\n  },\n  \"wanted\": {"
      for (i = 1; i <= n; i++) printf "%s\n    %s", (i > 1 ? "," : ""), w[i]
      printf "\n  },\n  \"missed\": %d,\n  \"passed\": %s\n}\n", missed, (status == 0 ? "true" : "false")
    }' "$work/figures" >"$json"
fi
exit "$status"
