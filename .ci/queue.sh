#!/usr/bin/env bash
# The worker test at full size: a scan of TASKS tasks (default 100,000) by a
# coordinator, a NATS server and four workers, each worker in a network namespace
# of its own; workers and server are killed by SIGKILL at random, workers are cut
# off for three seconds at a time. The report must be that of a single process,
# byte for byte, nothing lost, nothing twice. Then a table of tasks a second and
# memory for a scan in process and by 1, 2 and 4 workers, with answers at hand and
# after 20 ms: medians of RUNS interleaved runs. SEED and KILL_MS change what happens
# when, ONLY chooses tests by a pattern (^TestWorkersFigures$ for the table alone).
# The namespaces need root and Linux: without, it says so and runs without
# partitions.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -trimpath -o "$work/mspscan" ./cmd/mspscan
go test -c -tags figures -o "$work/queue.test" ./cmd/mspscan
tasks=${TASKS:-100000}
export MSPSCAN="$work/mspscan" MSPSCAN_QUEUE_TASKS=$((tasks * 115 / 100)) MSPSCAN_QUEUE_KILL_MS=${KILL_MS:-1500} MSPSCAN_QUEUE_SEED=${SEED:-1}
export MSPSCAN_QUEUE_FIGURES=$((tasks / 5)) MSPSCAN_QUEUE_RUNS=${RUNS:-3}
cd cmd/mspscan
run=("$work/queue.test" -test.v -test.run "${ONLY:-^TestWorkers}" -test.timeout 30m)
if [ "$(uname)" != Linux ] || [ "$(id -u)" -ne 0 ] || ! command -v unshare >/dev/null || ! command -v ip >/dev/null; then
  echo "queue: no root, Linux, unshare or ip: run without partitions"
  exec "${run[@]}"
fi
export MSPSCAN_QUEUE_NETNS=1
# shellcheck disable=SC2016 # expanded inside
unshare --net --mount -- bash -euc '
  mkdir -p /run/netns
  mount -t tmpfs none /run/netns
  ip link set lo up
  ip link add br0 type bridge
  ip addr add 10.99.0.1/24 dev br0
  ip link set br0 up
  for i in 1 2 3 4; do
    ip netns add "w$i"
    ip link add "vw$i" type veth peer name eth0 netns "w$i"
    ip link set "vw$i" master br0
    ip link set "vw$i" up
    ip -n "w$i" link set lo up
    ip -n "w$i" addr add "10.99.0.1$i/24" dev eth0
    ip -n "w$i" link set eth0 up
  done
  exec "$@"' queue "${run[@]}"
