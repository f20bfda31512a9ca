# shellcheck shell=bash
# What the scripts of this folder share: settings, one lock, Compose, the stores and what is counted in them.
# To be sourced. Passwords are never read here: each container has its own in its environment.
set -Eeuo pipefail
umask 077
export LC_ALL=C.UTF-8 PATH="${PATH:-}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
ME=$(basename -- "$0")
DATABASE=moja_dzialka
OWNER=app
DATE_PATTERN='[0-9]{8}_[0-9]{6}'

say() { printf '%s %s\n' "$(date +%FT%T%z)" "$*"; }
die() {
  printf '%s: %s\n' "$ME" "$*" >&2
  exit 1
}
# What a script was called with that it does not know.
misused() {
  printf '%s: %s\n' "$ME" "$1" >&2
  usage >&2
  exit 64
}
trap 'printf "%s: line %s failed: %s\n" "$ME" "$LINENO" "$BASH_COMMAND" >&2' ERR
trap 'exit 130' INT
trap 'exit 143' TERM HUP

needs() {
  local program
  for program; do
    command -v -- "$program" >/dev/null || die "$program is not installed on this host"
  done
}

settings() {
  [[ -r "$HERE/settings.env" ]] || die "$HERE/settings.env is missing; role compose-stack writes it"
  # shellcheck source=/dev/null
  . "$HERE/settings.env"
  : "${PROJECT:?}" "${DIR:?}" "${BRANCH:?}" "${WAIT:?}" "${BACKUP_DIR:?}" "${RETENTION_DAYS:?}" "${KEEP_NEWEST:?}"
  : "${METRICS_DIR:?}" "${OFFSITE_BY?}" "${OFFSITE_TO?}" "${AGE_RECIPIENT?}" "${HEARTBEAT_URL?}"
  cd -- "$DIR"
}

# Whoever changes the stack does so alone. The lock is held by the open file: also by a command that outlives a killed
# script, and by a script that this one calls.
lock() {
  local name=${1:-operations}
  [[ "${TRUEUP_HOLDS:-}" != "$name" ]] || return 0
  exec {LOCKED}<>"$DIR/.$name.lock"
  flock -n "$LOCKED" || die "refused: $(head -c 200 "$DIR/.$name.lock") is under way"
  printf '%s, pid %s, since %s\n' "$ME" "$$" "$(date +%FT%T)" >"$DIR/.$name.lock"
  export TRUEUP_HOLDS=$name
}

compose() {
  local files=(--env-file .env)
  [[ ! -e .ref.env ]] || files+=(--env-file .ref.env)
  docker compose "${files[@]}" "$@"
}
# A command in a service's container, without this script as its standard input.
inside() { compose exec -T "$@" </dev/null; }
running() { compose ps --status running --services </dev/null | grep -xF -- "$1" >/dev/null; }
# Containers that are there, with what they were made from; healthy, or an error after a while.
healthy() { compose up -d --no-recreate --no-deps --wait --wait-timeout "$WAIT" "$@" </dev/null; }
image_of() { compose config --format json </dev/null | jq -er --arg name "$1" '.services[$name].image'; }

# ---- metrics: a file for node-exporter, replaced as a whole
metrics() {
  local name=$1 temporary metric
  shift
  [[ -d "$METRICS_DIR" ]] || return 0
  temporary=$(mktemp "$METRICS_DIR/.$PROJECT-$name.XXXXXX")
  for metric; do
    printf '%s_%s_%s\n' "${PROJECT//-/_}" "$name" "$metric"
  done >"$temporary"
  chmod 0644 "$temporary"
  mv -f -- "$temporary" "$METRICS_DIR/$PROJECT-$name.prom"
}

heartbeat() {
  [[ -n "$HEARTBEAT_URL" ]] || return 0
  # By standard input: an address with a key in it is no argument.
  local url=${HEARTBEAT_URL//\\/\\\\}
  printf 'url = "%s"\n' "${url//\"/\\\"}" | curl -fsS -m 10 -o /dev/null --config - || say "the heartbeat was not heard"
}

# ---- sets of backups: one manifest, and the files that it lists
manifest_of() { printf '%s/manifest_%s.json' "$BACKUP_DIR" "$1"; }
# Dates of complete sets, newest first.
sets() {
  find "$BACKUP_DIR" -maxdepth 1 -type f -name 'manifest_*.json' -printf '%f\n' |
    { grep -xE "manifest_$DATE_PATTERN\.json" || :; } | sed 's/^manifest_//; s/\.json$//' | sort -r
}
# Whether a set is whole and as it was written; says what is wrong.
verified() {
  local manifest name bytes hash file found
  manifest=$(manifest_of "$1")
  [[ -f "$manifest" ]] || { echo "there is no complete set $1: $manifest is missing" >&2; return 1; }
  jq -e --arg date "$1" '.date == $date and (.files | length == 4)' "$manifest" >/dev/null ||
    { echo "$manifest is not a manifest of this set" >&2; return 1; }
  while IFS=$'\t' read -r name bytes hash; do
    [[ "$name" != */* ]] || { echo "$manifest names a file elsewhere: $name" >&2; return 1; }
    file=$BACKUP_DIR/$name
    [[ -f "$file" ]] || { echo "$file is missing" >&2; return 1; }
    found=$(stat -c %s -- "$file")
    [[ "$found" == "$bytes" ]] || { echo "$file has $found bytes, not $bytes" >&2; return 1; }
    read -r found _ < <(sha256sum <"$file")
    [[ "$found" == "$hash" ]] || { echo "$file has the sha256 $found, not $hash" >&2; return 1; }
  done < <(jq -r '.files[] | [.name, .bytes, .sha256] | @tsv' "$manifest")
}
file_of() { jq -er --arg kind "$2" --arg dir "$BACKUP_DIR" '.files[] | select(.kind == $kind) | "\($dir)/\(.name)"' "$(manifest_of "$1")"; }
# What a set says was in a store: lines of NAME<TAB>COUNT.
counted() { jq -r --arg kind "$2" '.files[] | select(.kind == $kind) | .counts | to_entries[] | [.key, .value] | @tsv' "$(manifest_of "$1")" | sort; }

# ---- what is in a store: lines of NAME<TAB>COUNT; the arguments are the command that runs something in its container
# From the dump itself, so that it is what was dumped: a line of COPY's text is a row.
counts_in_dump() {
  awk 'inside && /^\\\.$/ { printf "%s\t%d\n", name, rows; inside = 0; next }
    inside { rows++; next }
    /^COPY .* FROM stdin;$/ {
      name = substr($0, 6); rows = 0; inside = 1
      match(name, /^("([^"]|"")*"|[^." ]+)\.("([^"]|"")*"|[^" (]+)/)
      name = substr(name, 1, RLENGTH)
    }' | sort
}
COUNT_TABLES="SELECT format('%I.%I', n.nspname, c.relname),
  (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM ONLY %I.%I', n.nspname, c.relname), false, true, '')))[1]
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"
# Tables that belong to an extension are left out: a dump has only what was added to them.
postgres_counts() {
  local database=$1
  shift
  "$@" psql -qXAt -v ON_ERROR_STOP=1 -F $'\t' -U "$OWNER" -d "$database" -c "$COUNT_TABLES" </dev/null | sort
}
# shellcheck disable=SC2016
CYPHER='export NEO4J_USERNAME="${NEO4J_AUTH%%/*}" NEO4J_PASSWORD="${NEO4J_AUTH#*/}"; exec cypher-shell --format plain "$1"'
neo4j_counts() {
  local nodes relations
  nodes=$("$@" sh -c "$CYPHER" - 'MATCH (n) RETURN count(n) AS n;' </dev/null | tail -n 1)
  relations=$("$@" sh -c "$CYPHER" - 'MATCH ()-[r]->() RETURN count(r) AS n;' </dev/null | tail -n 1)
  printf 'nodes\t%s\nrelationships\t%s\n' "$nodes" "$relations"
}
# What mongodump(1) and mongorestore(1) say they did.
mongo_counts() { sed -nE 's/`//g; s/^.*(done dumping|finished restoring) (.+) \(([0-9]+) documents?.*$/\2\t\3/p' "$1" | sort; }
# What redis-check-rdb says of a file. Keys that expire may be gone by the time they are loaded.
redis_counts() { sed -nE 's/^.*\[info\] ([0-9]+) keys read.*$/keys\t\1/p; s/^.*\[info\] ([0-9]+) expires$/expiring\t\1/p' | sort; }

# Compares what is there with what a set says, both as files of NAME<TAB>COUNT.
same_counts() { diff --label 'in the backup' --label 'found' -U 0 -- "$1" "$2" >&2; }

# ---- one-off containers on a store's volume, while its server is stopped
neo4j_dump() { compose run --rm --no-deps -T neo4j neo4j-admin database dump neo4j --to-stdout </dev/null; }
redis_check() {
  compose run --rm --no-deps -T -v "$1:/check.rdb:ro" --entrypoint redis-check-rdb redis /check.rdb </dev/null
}
# The password goes from the container's environment into a file that only the program can open.
# shellcheck disable=SC2016
MONGO_TOOL='tool=$1; shift; q=$(printf "\047"); p=$(printf %s "$MONGO_INITDB_ROOT_PASSWORD" | sed "s/$q/$q$q/g")
exec "$tool" --config <(printf "password: $q%s$q\n" "$p") -u "$MONGO_INITDB_ROOT_USERNAME" --authenticationDatabase admin "$@"'
mongo_dump() { inside mongo bash -c "$MONGO_TOOL" - mongodump --archive --gzip --db "$DATABASE"; }
# redis-cli has its password from the container's environment (REDISCLI_AUTH).
redis() { inside redis redis-cli "$@" | tr -d '\r'; }
redis_info() { redis INFO "$1" | sed -n "s/^$2://p"; }
# A snapshot that was begun after this call, and is done.
redis_save() {
  local before reply deadline=$((SECONDS + 600))
  before=$(redis LASTSAVE)
  # It counts in seconds: another one within the same second would look the same.
  [[ "$before" -lt "$(redis TIME | head -n 1)" ]] || sleep 1
  reply=$(redis BGSAVE SCHEDULE)
  [[ "$reply" == *started* || "$reply" == *scheduled* ]] || die "Redis does not save: $reply"
  while [[ "$(redis LASTSAVE)" == "$before" || "$(redis_info persistence rdb_bgsave_in_progress)" != 0 ]]; do
    [[ "$(redis_info persistence rdb_last_bgsave_status)" == ok ]] || die 'Redis could not save (rdb_last_bgsave_status)'
    ((SECONDS < deadline)) || die 'Redis has not saved within 10 minutes'
    sleep 0.5
  done
  [[ "$(redis_info persistence rdb_last_bgsave_status)" == ok ]] || die 'Redis could not save (rdb_last_bgsave_status)'
}
# Its standard input is the archive.
mongo_restore() { compose exec -T mongo bash -c "$MONGO_TOOL" - mongorestore --archive --gzip --drop --stopOnError; }
# Run by sh in a container of Redis' image, with a set's file as /restore.rdb: what was there stays in `before-restore`.
# shellcheck disable=SC2016,SC2034
REDIS_LOAD='set -eu; cd /data; unset REDISCLI_AUTH
rm -rf before-restore; mkdir before-restore
for name in dump.rdb appendonlydir appendonly.aof; do [ ! -e "$name" ] || mv "$name" before-restore/; done
cp /restore.rdb dump.rdb
[ "$1" != yes ] || {
  redis-server --dir /data --port 0 --unixsocket /tmp/redis.sock --save "" --appendonly no --daemonize yes >/dev/null
  cli() { redis-cli -s /tmp/redis.sock "$@"; }
  field() { cli INFO persistence | tr -d "\r" | sed -n "s/^$1://p"; }
  tries=0
  until [ "$(cli PING 2>/dev/null)" = PONG ]; do tries=$((tries + 1)); [ "$tries" -lt 600 ]; sleep 0.5; done
  cli CONFIG SET appendonly yes >/dev/null
  until [ "$(field aof_rewrite_in_progress)$(field aof_rewrite_scheduled)" = 00 ]; do sleep 0.2; done
  [ "$(field aof_last_bgrewrite_status)" = ok ]
  cli SHUTDOWN NOSAVE || :
  while [ -e /tmp/redis.sock ]; do sleep 0.1; done
}
chown -R "$(stat -c %u:%g .)" . '
