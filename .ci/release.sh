#!/usr/bin/env bash
# release.sh [FOLDER]: the artefacts of the last commit in FOLDER (default dist/):
# archives of static, trimmed binaries for six platforms with man pages and
# completions, an SBOM for each, the two Linux binaries for the container, and
# SHA256SUMS over all. goreleaser does it, in a clean clone, so that nothing
# that is not committed gets in. Publishes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
to=$(realpath -m "${1:-dist}")
umask 022

bin=${GOBIN:-$(go env GOPATH)/bin}
export PATH="$bin:$PATH"
tool() { # name version module: installs it trimmed, so that its own hash in the SBOM is the same everywhere
  local have
  have=$(go version -m "$bin/$1" 2>/dev/null | awk '$1 == "mod" {print $3}')
  [ "$have" = "$2" ] && go version -m "$bin/$1" | grep -q -- '-trimpath=true' && return
  echo "installing $1 $2"
  GOFLAGS=-trimpath CGO_ENABLED=0 GOBIN=$bin go install "$3@$2"
}
tool goreleaser v2.16.0 github.com/goreleaser/goreleaser/v2 # the newest that Go 1.26 builds
tool cyclonedx-gomod v1.10.0 github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
test -z "$(git status --porcelain)" || echo "release: there are changes that are not committed; they are not in it"
git clone --quiet --no-hardlinks . "$work/mspscan"
cd "$work/mspscan"
GOMODCACHE=$(go env GOMODCACHE)
GOCACHE=$(go env GOCACHE)
VERSION=$(git describe --tags --always)
VERSION=${VERSION#v}
export GOMODCACHE GOCACHE VERSION GOFLAGS=
unset SOURCE_DATE_EPOCH # the date is that of the commit
mode=--snapshot
git describe --exact-match --tags >/dev/null 2>&1 && mode=--skip=announce,publish,validate
goreleaser release --clean "$mode" --parallelism "${PARALLELISM:-$(nproc)}"

cd dist
for arch in amd64 arm64; do
  cp "mspscan_linux_$arch"_*/mspscan "mspscan_${VERSION}_linux_$arch"
done
rm -f SHA256SUMS
sha256sum mspscan_"$VERSION"_* >SHA256SUMS
rm -rf "$to"
mkdir -p "$to"
cp -p mspscan_"$VERSION"_* SHA256SUMS "$to"
cat SHA256SUMS
