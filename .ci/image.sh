#!/usr/bin/env bash
# image.sh [ARCH]: the container image of the release in dist/, as an OCI archive
# dist/mspscan_VERSION_linux_ARCH.oci.tar (default: of this machine), by buildah,
# or docker buildx where there is no buildah; tried where it can be run.
set -euo pipefail
cd "$(dirname "$0")/.."
arch=${1:-$(go env GOHOSTARCH)}
binary=$(echo dist/mspscan_*_linux_"$arch")
test -x "$binary" || { echo "image: no $binary: run make release first"; exit 1; }
name=$(basename "$binary")
version=${name#mspscan_}
version=${version%_linux_*}
out=dist/$name.oci.tar
created=$(git log -1 --format=%cI)
epoch=$(git log -1 --format=%ct)

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
mkdir "$context/$arch"
cp "$binary" "$context/$arch/mspscan"
cp LICENSE "$context"
cp "${CERTIFICATES:-/etc/ssl/certs/ca-certificates.crt}" "$context/ca-certificates.crt"
chmod 0755 "$context/$arch/mspscan"
chmod 0644 "$context/LICENSE" "$context/ca-certificates.crt"
args=(--build-arg "VERSION=$version" --build-arg "REVISION=$(git rev-parse HEAD)" --build-arg "CREATED=$created"
  --build-arg "SOURCE=${SOURCE:-}" --platform "linux/$arch" -f .ci/Containerfile)
if ! command -v buildah >/dev/null && ! docker info >/dev/null 2>&1; then
  apt-get install -y --no-install-recommends buildah >/dev/null
fi
if command -v buildah >/dev/null; then
  export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
  buildah build --quiet --timestamp "$epoch" "${args[@]}" --build-arg "TARGETARCH=$arch" --tag "mspscan:$version" "$context"
  buildah push --quiet "mspscan:$version" "oci-archive:$out:$version"
else
  SOURCE_DATE_EPOCH=$epoch docker buildx build "${args[@]}" --output "type=oci,dest=$out,rewrite-timestamp=true" "$context"
fi
echo "wrote $out"
