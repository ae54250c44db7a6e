#!/usr/bin/env bash
# Statement coverage by package and in all, each statement counted for whichever
# package's tests reach it (the scripts that run mspscan as users type it too).
# Fails below the floors: in all, and of what reads from the wire and from files
# and of what escapes. PROFILE=FILE reads a profile that is there.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${PROFILE:-cover.out}
if [ -z "${PROFILE:-}" ]; then
  go test -timeout 30m -coverpkg=./... -coverprofile="$profile" ./... >cover.log 2>&1 || { grep -v '^ok' cover.log | tail -40; exit 1; }
  rm -f cover.log
fi
awk '
  BEGIN {
    floor["all"] = 90
    n = split("scanner/resolve scanner/dnsx msp/inventory msp/strict msp/waiver msp/indicator msp/domain scanner/spf scanner/dmarc scanner/dkim scanner/caa scanner/mtasts scanner/tlsrpt scanner/dane", strict, " ")
    for (i = 1; i <= n; i++) floor[strict[i]] = 95
    floor["escaping"] = 95
    floor["msp/journal"] = 90 # the rest is failing disks, which the crash tests cut
  }
  NR > 1 {
    split($1, at, ":")
    file = at[1]; sub(/^mspscan\//, "", file)
    pkg = file; sub(/\/[^\/]*$/, "", pkg)
    if (!($1 in size)) { size[$1] = $2; where[$1] = pkg; files[$1] = file }
    if ($3 > 0) hit[$1] = 1
  }
  function add(name, s, h) { total[name] += s; if (h) reached[name] += s }
  END {
    for (s in size) {
      add(where[s], size[s], hit[s]); add("all", size[s], hit[s])
      if (files[s] ~ /^(msp\/escape|reports\/escape|reports\/xlsx\/text|reports\/ci\/github|reports\/html\/clean)\.go$/) add("escaping", size[s], hit[s])
    }
    for (name in total) {
      share = 100 * reached[name] / total[name]
      if (name != "all" && name != "escaping") printf "%-34s %6d statements  %5.1f %%%s\n", name, total[name], share, (name in floor) ? "  (floor " floor[name] ")" : "" | "sort"
      if ((name in floor) && share < floor[name]) bad[name] = share
    }
    close("sort")
    for (i = 1; i <= 2; i++) { name = i == 1 ? "escaping" : "all"; printf "%-34s %6d statements  %5.1f %%  (floor %d)\n", name, total[name], 100 * reached[name] / total[name], floor[name] }
    for (name in bad) { printf "cover: %s is below its floor\n", name; failed = 1 }
    exit failed
  }' "$profile"
