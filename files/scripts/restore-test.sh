#!/usr/bin/env bash
# Restores a set of backups into containers that are thrown away, and compares what is in them with what the set says.
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$HERE/lib.sh"

usage() {
  cat <<EOT
Usage: restore-test.sh [DATE]

Restores the newest set (or that of DATE) into containers without a network and volumes of their own, one after the
other, and compares the counts. The running services and their data are not touched.

  -h, --help   this text
EOT
}

DATE=
for option; do
  case $option in
  -h | --help) usage && exit ;;
  -*) misused "unknown: $option" ;;
  *) DATE=$option ;;
  esac
done
[[ -z "$DATE" || "$DATE" =~ ^$DATE_PATTERN$ ]] || misused "not the date of a set: $DATE"

settings
needs docker jq flock gzip sha256sum
lock restore-test

LABEL=trueup.restore-test=$PROJECT
WORK=$(mktemp -d)

swept() {
  local ids volumes
  ids=$(docker ps -aq --filter "label=$LABEL" </dev/null)
  # shellcheck disable=SC2086
  [[ -z "$ids" ]] || docker rm -f -v $ids </dev/null >/dev/null
  volumes=$(docker volume ls -q --filter "label=$LABEL" </dev/null)
  # shellcheck disable=SC2086
  [[ -z "$volumes" ]] || docker volume rm -f $volumes </dev/null >/dev/null
}

finish() {
  local code=$?
  trap - EXIT ERR
  trap '' INT TERM HUP
  set +e
  swept || code=1
  rm -rf -- "$WORK"
  ((code == 0)) || say "restore test of ${DATE:-no set} FAILED ($code)" >&2
  exit "$code"
}
trap finish EXIT
swept

[[ -n "$DATE" ]] || DATE=$(sets | sed -n 1p)
[[ -n "$DATE" ]] || die "there is no complete set in $BACKUP_DIR"
verified "$DATE" || die "the set $DATE is broken"
say "restore test of the set $DATE"

# A container for a while; the options before the image's own words come first.
scratch() { docker run --label "$LABEL" --network none --cpu-shares 128 --memory 3g "$@"; }
until_ready() {
  local deadline=$((SECONDS + WAIT))
  until "$@" </dev/null >/dev/null 2>&1; do
    ((SECONDS < deadline)) || die "not ready after $WAIT s: $*"
    sleep 1
  done
}
compared() {
  counted "$DATE" "$1" >"$WORK/expected"
  same_counts "$WORK/expected" "$WORK/found"
  say "$1: $(awk -F '\t' '{ sum += $2 } END { print NR " counts, " sum + 0 " in all" }' "$WORK/found")"
}

IMAGE=$(image_of postgres)
ID=$(scratch -d -e "POSTGRES_USER=$OWNER" -e "POSTGRES_DB=$DATABASE" -e POSTGRES_PASSWORD=scratch "$IMAGE" </dev/null)
until_ready docker exec "$ID" pg_isready -q -h 127.0.0.1 -U "$OWNER" -d "$DATABASE"
docker exec "$ID" psql -qX -v ON_ERROR_STOP=1 -U "$OWNER" -d postgres \
  -c 'CREATE DATABASE scratch TEMPLATE template0' </dev/null
docker exec -i "$ID" pg_restore -U "$OWNER" -d scratch --exit-on-error <"$(file_of "$DATE" postgres)"
postgres_counts scratch docker exec "$ID" >"$WORK/found"
compared postgres
swept

IMAGE=$(image_of mongo)
# Without a user of its own it begins at once, and once only.
ID=$(scratch -d "$IMAGE" </dev/null)
until_ready docker exec "$ID" mongosh --quiet --eval 'db.version()'
docker exec -i "$ID" mongorestore --archive --gzip --stopOnError <"$(file_of "$DATE" mongo)" 2>"$WORK/log" ||
  { cat "$WORK/log" >&2 && false; }
mongo_counts "$WORK/log" >"$WORK/found"
compared mongo
swept

IMAGE=$(image_of redis)
redis_counts < <(scratch --rm -v "$(file_of "$DATE" redis):/check.rdb:ro" --entrypoint redis-check-rdb "$IMAGE" \
  /check.rdb </dev/null) >"$WORK/found"
compared redis
ID=$(scratch -d -v "$(file_of "$DATE" redis):/set.rdb:ro" --entrypoint sh "$IMAGE" -c \
  'cp /set.rdb /tmp/dump.rdb && exec redis-server --dir /tmp --save "" --appendonly no' </dev/null)
until_ready docker exec "$ID" sh -c 'redis-cli PING | grep -qx PONG'
keys=$(docker exec "$ID" redis-cli DBSIZE </dev/null | tr -dc 0-9)
most=$(sed -n 's/^keys\t//p' "$WORK/expected")
expiring=$(sed -n 's/^expiring\t//p' "$WORK/expected")
((keys <= ${most:-0} && keys >= ${most:-0} - ${expiring:-0})) ||
  die "Redis has $keys keys; the backup has $most, $expiring of which may have expired"
swept

IMAGE=$(image_of neo4j)
VOLUME=$(docker volume create --label "$LABEL" "$PROJECT-restore-test-neo4j" </dev/null)
gzip -dc <"$(file_of "$DATE" neo4j)" | scratch --rm -i -v "$VOLUME:/data" "$IMAGE" \
  neo4j-admin database load neo4j --from-stdin --overwrite-destination=true
counted "$DATE" neo4j >"$WORK/expected"
if [[ -s "$WORK/expected" ]]; then
  ID=$(scratch -d -v "$VOLUME:/data" -e NEO4J_AUTH=neo4j/scratch-only \
    -e NEO4J_server_memory_heap_max__size=1g -e NEO4J_server_memory_pagecache_size=512m "$IMAGE" </dev/null)
  until_ready docker exec "$ID" sh -c "$CYPHER" - 'RETURN 1;'
  neo4j_counts docker exec "$ID" >"$WORK/found"
  compared neo4j
fi
swept

metrics restore_test "last_success_timestamp_seconds $(date +%s)"
say "the set $DATE can be restored"
