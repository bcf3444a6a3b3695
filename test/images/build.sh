#!/usr/bin/env bash
# Builds the images, runs them as they would run in production, and cuts out a picture by them. It needs no hub: the
# bases are made of Debian's packages and of the Node that runs here. After a build of the project; as root, with
# buildah, podman, runc and mmdebstrap.
#
#   test/images/build.sh          every image that needs no GPU, and each of them run
#   test/images/build.sh cuda     the worker for a GPU, where there is none; with pip and cc, and 10 GB of disk
#   test/images/build.sh compose  docker-compose.yml as it is; with pip, netavark, aardvark-dns, catatonit and Docker
#                                 Compose, as docker-compose or $COMPOSE
#   test/images/build.sh troubles test/fleet-troubles.spec.ts with a container in place of each process; with pgbouncer
#
# KEEP=1 leaves the storage of the images, whose place it prints, for a closer look. In it, `run-image` runs an image as in
# production; as FLEET_IMAGES it makes a test's fleet start from the images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for tool in buildah podman runc mmdebstrap node npm redis-server; do
  command -v "$tool" >/dev/null || { echo "build.sh: $tool is missing" >&2; exit 2; }
done
[ "$(id -u)" -eq 0 ] || { echo 'build.sh: must run as root' >&2; exit 2; }

part=${1:-images}
case $part in images | cuda | compose | troubles) ;; *) echo "build.sh: no part $part" >&2; exit 2 ;; esac
work=$(mktemp -d)
processes=()
leave() {
  [ ${#processes[@]} -eq 0 ] || kill "${processes[@]}" 2>/dev/null || true
  [ -n "${KEEP:-}" ] && { echo "the storage is $work"; return; }
  podman "${storage[@]}" system reset --force >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap leave EXIT

# Overlay saves minutes and gigabytes where the kernel lets us.
mkdir -p "$work/probe/"{lower,upper,work,merged}
driver=vfs
if mount -t overlay overlay -o "lowerdir=$work/probe/lower,upperdir=$work/probe/upper,workdir=$work/probe/work" "$work/probe/merged" 2>/dev/null; then
  umount "$work/probe/merged"
  driver=overlay
fi
storage=(--root "$work/storage" --runroot "$work/run" --storage-driver "$driver")
# Not as root, on a read-only root file system, without capabilities. Neither systemd, whose timers ask for health, nor a
# cgroup of its own is taken for granted.
cat >"$work/run-image" <<END
#!/bin/sh
exec podman ${storage[*]} --runtime runc --cgroup-manager cgroupfs run --rm --network=host --cgroups=no-conmon \\
  --no-healthcheck --ulimit=nofile=4096:4096 --ulimit=nproc=4096:4096 --security-opt=no-new-privileges \\
  --read-only --read-only-tmpfs=false --tmpfs=/tmp --cap-drop=all "\$@"
END
chmod +x "$work/run-image"
step() { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }

make_base() { # node, which has npm, or runtime
  local container
  container=$(buildah "${storage[@]}" from scratch)
  buildah "${storage[@]}" add -q "$container" "$work/debian.tar" / >/dev/null
  # A machine behind a proxy of its own trusts certificates that Debian does not know.
  if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    buildah "${storage[@]}" copy -q "$container" "$NODE_EXTRA_CA_CERTS" /etc/host-ca.crt >/dev/null
    buildah "${storage[@]}" config --env NODE_EXTRA_CA_CERTS=/etc/host-ca.crt "$container"
  fi
  if [ "$1" = node ]; then
    buildah "${storage[@]}" copy -q "$container" "$(node -p process.execPath)" /usr/local/bin/node >/dev/null
    buildah "${storage[@]}" copy -q "$container" "$(npm root -g)/npm" /usr/local/lib/node_modules/npm >/dev/null
    buildah "${storage[@]}" run --isolation chroot "$container" -- \
      ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  fi
  buildah "${storage[@]}" commit -q --rm "$container" "localhost/base/$1:test" >/dev/null
}

step "bases, on $driver"
mmdebstrap --quiet --mode=root --variant=minbase --include=ca-certificates,libstdc++6 bookworm "$work/debian.tar"
make_base node
make_base runtime

build() { # target, and more of buildah's options
  step "build $1"
  # Docker's format, since that of OCI knows no HEALTHCHECK.
  buildah "${storage[@]}" build --quiet --isolation chroot --layers --format docker \
    --build-arg NODE_IMAGE=localhost/base/node:test --build-arg RUNTIME_IMAGE=localhost/base/runtime:test \
    --build-arg "REVISION=$(git rev-parse HEAD)" --target "$1" --tag "localhost/clearcut/$1:test" "${@:2}" .
}
if [ "$part" = cuda ]; then
  . test/images/cuda.sh
  exit
fi
targets=(gateway dispatcher worker-cpu migrate)
[ "$part" = troubles ] || targets+=(models)
[ "$part" = images ] && targets+=(all-in-one)
for target in "${targets[@]}"; do build "$target"; done
if [ "$part" = compose ]; then
  . test/images/compose.sh
  exit
fi
if [ "$part" = troubles ]; then
  step '500 tasks from the images: Redis, S3 and the pooler away, keys changed, the schema migrated and rolled back'
  # In CI a missing pgbouncer is a failure.
  CI=true FLEET_IMAGES=$work/run-image TEST_LOG_LEVEL=fatal node tools/prepare.mjs test test/fleet-troubles.spec
  exit
fi
build weights

step 'sizes, users, health checks'
for target in "${targets[@]}" weights; do
  image="localhost/clearcut/$target:test"
  podman "${storage[@]}" image inspect "$image" --format "$target {{.Size}} bytes, user {{.User}}, {{.HealthCheck}}"
done
if podman "${storage[@]}" --runtime runc --cgroup-manager cgroupfs run --rm --network=none --cgroups=no-conmon \
  --ulimit=nofile=4096:4096 --ulimit=nproc=4096:4096 --no-healthcheck --entrypoint node localhost/clearcut/gateway:test \
  -e "process.exit(fs.existsSync('/app/node_modules/onnxruntime-node') ? 0 : 3)"; then
  echo 'build.sh: the gateway carries onnxruntime' >&2
  exit 1
fi

node test/images/run.mjs "$work" "${storage[@]}" --runtime runc --cgroup-manager cgroupfs
