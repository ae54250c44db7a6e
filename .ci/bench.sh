#!/usr/bin/env bash
# The benchmarks that the README's figures come from. Five runs each; take the
# medians (benchstat does). Nothing is asserted: figures hang on the machine.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${COUNT:-5}
echo "== the sample scan: time, memory, queries =="
go test ./cmd/mspscan/internal/pipeline -run '^$' -bench SampleScan -benchtime 5x -count "$count"
echo "== 5,000 providers / 20,000 relationships decoded and validated =="
go test ./msp/inventory -run '^$' -bench Large -benchtime 3x -count "$count"
echo "== 100,000 findings to xlsx beside bare streaming of the same cells =="
go test ./reports/xlsx -run '^$' -bench . -benchtime 1x -count "$count"
echo "== all rules over 10,000 providers / 50,000 access items =="
go test ./rules -run '^$' -bench Evaluate -benchtime 1x -count "$count"
echo "== graph algorithms beside gonum, 100,000 nodes and 1,000,000 edges: CPU seconds =="
go test ./msp/graph/csr -tags figures -run '^TestTable$' -v -timeout 60m | grep '|'
echo "== the exposure model =="
go test ./msp/exposure -run '^$' -bench . -benchtime 1x
echo "== a scan by 1, 2 and 4 workers beside one process =="
ONLY='^TestWorkersFigures$' .ci/queue.sh | grep '|'
