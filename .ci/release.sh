#!/usr/bin/env bash
# Static, trimmed, reproducible binaries for six platforms with checksums.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:-dev}
export CGO_ENABLED=0
rm -rf dist && mkdir dist
for os in linux darwin windows; do
  for arch in amd64 arm64; do
    name=mspscan_${version}_${os}_${arch}
    [ "$os" = windows ] && name=$name.exe
    GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$version" -o "dist/$name" ./cmd/mspscan
    echo "built dist/$name"
  done
done
(cd dist && sha256sum mspscan_* >SHA256SUMS)
cat dist/SHA256SUMS
