#!/usr/bin/env bash
# Puts a set of backups back in place of what the databases hold now.
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$HERE/lib.sh"

usage() {
  cat <<EOT
Usage: restore.sh [--without-backup] DATE
Example: restore.sh 20260124_120000

Puts the set of that date back: PostgreSQL, Neo4j, MongoDB and Redis. The set is verified before anything is touched;
then what the databases hold now is backed up, too, as a set of its own. The backend and its workers are stopped
meanwhile. Milvus is not in a set: import-data.sh makes its content anew.

  --without-backup   does not back up what is there now (where that fails, because it is broken)
  -h, --help         this text
EOT
}

DATE=
WITHOUT_BACKUP=
for option; do
  case $option in
  -h | --help) usage && exit ;;
  --without-backup) WITHOUT_BACKUP=yes ;;
  -*) misused "unknown: $option" ;;
  *)
    [[ -z "$DATE" ]] || misused 'one date, please'
    DATE=$option
    ;;
  esac
done
[[ -n "$DATE" ]] || misused 'which set? (see the dates in the names of the manifests)'
[[ "$DATE" =~ ^$DATE_PATTERN$ ]] || misused "not the date of a set: $DATE"

settings
needs docker jq flock gzip sha256sum
lock operations
verified "$DATE" || die "refused: nothing has been touched. Complete sets: $(sets | tr '\n' ' ')"

WORK=$(mktemp -d)
WRITERS=()
STOPPED=()
CLOSED=
FRESH=${DATABASE}_restoring
NOW=$(date +%Y%m%d_%H%M%S)
BEFORE=${DATABASE}_before_$NOW
STAGE='nothing has been touched'

sql() { inside postgres psql -qXAt -v ON_ERROR_STOP=1 -U "$OWNER" -d postgres "$@"; }

finish() {
  local code=$?
  trap - EXIT ERR
  trap '' INT TERM HUP
  set +e
  [[ -z "$CLOSED" ]] || sql -c "ALTER DATABASE $DATABASE ALLOW_CONNECTIONS true" || code=1
  ((code == 0)) || sql -c "DROP DATABASE IF EXISTS $FRESH"
  if ((${#STOPPED[@]} > 0)); then healthy "${STOPPED[@]}" || code=1; fi
  if ((${#WRITERS[@]} > 0)); then
    say "starting again: ${WRITERS[*]}"
    compose start "${WRITERS[@]}" </dev/null || code=1
  fi
  rm -rf -- "$WORK"
  ((code == 0)) || say "restore of $DATE FAILED ($code): $STAGE" >&2
  exit "$code"
}
trap finish EXIT

say "restoring the set $DATE"
healthy postgres neo4j mongo redis

if [[ -z "$WITHOUT_BACKUP" ]]; then
  say 'first, what is there now'
  "$HERE/backup.sh" --set-only || die 'refused: what is there now could not be backed up; --without-backup does without'
  KEPT="what was there before is in the set $(sets | sed -n 1p)"
else
  KEPT="PostgreSQL as it was before: the database $BEFORE, where there is one"
fi

for service in backend celery-worker; do
  if running "$service"; then WRITERS+=("$service"); fi
done
((${#WRITERS[@]} == 0)) || compose stop "${WRITERS[@]}" </dev/null

# ---- into a database beside the present one; both change their names once it is known to be whole
say 'PostgreSQL'
STAGE="nothing but the writers was stopped; $KEPT"
sql -c "DROP DATABASE IF EXISTS $FRESH" -c "CREATE DATABASE $FRESH OWNER $OWNER TEMPLATE template0"
compose exec -T postgres pg_restore -U "$OWNER" -d "$FRESH" --exit-on-error <"$(file_of "$DATE" postgres)"
counted "$DATE" postgres >"$WORK/expected"
postgres_counts "$FRESH" inside postgres >"$WORK/found"
same_counts "$WORK/expected" "$WORK/found"
# pg_restore leaves the planner without figures.
inside postgres psql -qX -v ON_ERROR_STOP=1 -U "$OWNER" -d "$FRESH" -c ANALYZE
STAGE="PostgreSQL has the set's content or its own, the others may be half way; $KEPT"
present=$(sql -c "SELECT 1 FROM pg_database WHERE datname = '$DATABASE'")
swap=(-c "ALTER DATABASE $FRESH RENAME TO $DATABASE")
if [[ -n "$present" ]]; then
  CLOSED=yes
  sql -c "ALTER DATABASE $DATABASE ALLOW_CONNECTIONS false" \
    -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$DATABASE'" >/dev/null
  swap=(-c "ALTER DATABASE $DATABASE RENAME TO $BEFORE" "${swap[@]}" -c "ALTER DATABASE $BEFORE ALLOW_CONNECTIONS true")
fi
sql --single-transaction "${swap[@]}"
CLOSED=

say 'Neo4j'
STOPPED+=(neo4j)
compose stop neo4j </dev/null
gzip -dc <"$(file_of "$DATE" neo4j)" |
  compose run --rm --no-deps -T neo4j neo4j-admin database load neo4j --from-stdin --overwrite-destination=true
healthy neo4j
counted "$DATE" neo4j >"$WORK/expected"
if [[ -s "$WORK/expected" ]]; then
  neo4j_counts inside neo4j >"$WORK/found"
  same_counts "$WORK/expected" "$WORK/found"
fi

say 'MongoDB'
mongo_restore <"$(file_of "$DATE" mongo)" 2>"$WORK/mongorestore" ||
  { cat "$WORK/mongorestore" >&2 && false; }
counted "$DATE" mongo >"$WORK/expected"
mongo_counts "$WORK/mongorestore" >"$WORK/found"
same_counts "$WORK/expected" "$WORK/found"

# ---- with an append-only file, Redis does not look at dump.rdb: it is read without one, and a new one written from it
say 'Redis'
appendonly=$(redis CONFIG GET appendonly | sed -n 2p)
STOPPED+=(redis)
compose stop redis </dev/null
compose run --rm --no-deps -T -v "$(file_of "$DATE" redis):/restore.rdb:ro" --entrypoint sh redis -c "$REDIS_LOAD" - \
  "$appendonly" </dev/null
healthy redis
keys=$(redis DBSIZE)
counted "$DATE" redis >"$WORK/expected"
most=$(sed -n 's/^keys\t//p' "$WORK/expected")
expiring=$(sed -n 's/^expiring\t//p' "$WORK/expected")
((keys <= ${most:-0} && keys >= ${most:-0} - ${expiring:-0})) || die "Redis has $keys keys; the backup has $most, $expiring of which may have expired"

# ---- all is well: the copy of what was there goes only where there is a backup of it
STAGE="the set's content is in place"
if [[ -n "$present" && -z "$WITHOUT_BACKUP" ]]; then
  sql -c "DROP DATABASE $BEFORE"
elif [[ -n "$present" ]]; then
  say "PostgreSQL's former content is in $BEFORE; once it is not needed: DROP DATABASE $BEFORE"
fi
say "the set $DATE is back; $KEPT"
say 'Milvus is as it was: import-data.sh --pipeline makes its content anew'
