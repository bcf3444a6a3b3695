#!/bin/sh
# What the entrypoints of the four images do with what they are told.
set -eu

case "${1:-postgres}" in
  redis-server) cd /data && exec "$@" ;;
  --config.file=*) exec prometheus "$@" ;;
  server)
    shift
    # Those of SeaweedFS's own image.
    exec weed -logtostderr=true server -dir=/data -volume.max=0 -master.volumePreallocate \
      -master.volumeSizeLimitMB=1024 "$@"
    ;;
esac

bin=$(echo /usr/lib/postgresql/*/bin)
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  chown postgres: "$PGDATA" && chmod 700 "$PGDATA"
  echo "$POSTGRES_PASSWORD" >/tmp/password && chown postgres: /tmp/password
  runuser -u postgres -- "$bin/initdb" --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 \
    --auth-local=trust
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  runuser -u postgres -- "$bin/pg_ctl" --wait --options='-c listen_addresses= -k /tmp' start
  runuser -u postgres -- createdb --host=/tmp --username="$POSTGRES_USER" "$POSTGRES_DB"
  runuser -u postgres -- "$bin/pg_ctl" --wait stop
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups "$bin/postgres" -c 'listen_addresses=*'
