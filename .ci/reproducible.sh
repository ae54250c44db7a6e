#!/usr/bin/env bash
# Makes the release of the last commit twice: here, and once more as another
# person might: another folder, home, module and build cache, umask, time zone,
# locale and number of processors. Compares the hash of every artefact.
# DIST=FOLDER compares that folder's SHA256SUMS instead of making the first.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
one=${DIST:-$work/one}
if [ -z "${DIST:-}" ]; then
  .ci/release.sh "$one" >"$work/log" 2>&1 || { tail -40 "$work/log"; exit 1; }
fi

elsewhere="$work/another place/of a longer name"
mkdir -p "$elsewhere/home" "$elsewhere/tmp"
git clone --quiet --no-hardlinks . "$elsewhere/checkout"
tools=${GOBIN:-$(go env GOPATH)/bin}
modules=$(go env GOMODCACHE)
(
  cd "$elsewhere/checkout"
  umask 077
  env -u XDG_CACHE_HOME HOME="$elsewhere/home" GOPATH="$elsewhere/go" GOMODCACHE="$elsewhere/go/mod" GOCACHE="$elsewhere/cache" \
    GOPROXY="file://$modules/cache/download,$(go env GOPROXY)" GONOSUMDB='*' GOBIN="$tools" TMPDIR="$elsewhere/tmp" \
    TZ=Pacific/Chatham LC_ALL=C.UTF-8 PARALLELISM=1 SOURCE_DATE_EPOCH=1 .ci/release.sh "$work/two"
) >"$work/log" 2>&1 || { tail -40 "$work/log"; exit 1; }

(cd "$one" && sha256sum --quiet --check SHA256SUMS)
if ! diff "$one/SHA256SUMS" "$work/two/SHA256SUMS"; then
  echo "reproducible: the artefacts above differ"
  exit 1
fi
echo "reproducible: $(wc -l <"$one/SHA256SUMS") artefacts, made twice, with the same hashes"
