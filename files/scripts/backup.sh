#!/usr/bin/env bash
# A set of backups of all databases that is verified before it counts, and before any older one is removed.
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$HERE/lib.sh"

usage() {
  cat <<EOT
Usage: backup.sh [--set-only]

Writes a set of files to the folder for backups: postgres_DATE.dump, neo4j_DATE.dump.gz, mongo_DATE.archive.gz,
redis_DATE.rdb and, once all of them have been checked, manifest_DATE.json. Neo4j is stopped while it is dumped.
Milvus is not in it: import-data.sh makes its content anew.

  --set-only   neither removes old sets nor copies the new one elsewhere
  -h, --help   this text
EOT
}

SET_ONLY=
for option; do
  case $option in
  -h | --help) usage && exit ;;
  --set-only) SET_ONLY=yes ;;
  *) misused "unknown: $option" ;;
  esac
done

settings
needs docker jq flock gzip sha256sum
[[ -d "$BACKUP_DIR" ]] || die "the folder $BACKUP_DIR is missing"
lock operations

DATE=$(date +%Y%m%d_%H%M%S)
WORK=$(mktemp -d)
NEO4J_STOPPED=
FILES=()

neo4j_back() {
  [[ -n "$NEO4J_STOPPED" ]] || return 0
  healthy neo4j || return
  say "neo4j is back after $((SECONDS - NEO4J_STOPPED)) s"
  NEO4J_STOPPED=
}

finish() {
  local code=$?
  trap - EXIT ERR
  trap '' INT TERM HUP
  set +e
  neo4j_back || { code=1; say 'NEO4J DID NOT COME BACK: docker compose up -d neo4j' >&2; }
  if ((code != 0)); then
    for file in "${FILES[@]}"; do rm -f -- "$file" "$file.partial"; done
    say "backup $DATE FAILED ($code); older sets are as they were" >&2
  fi
  rm -rf -- "$WORK"
  exit "$code"
}
trap finish EXIT

# A file of the set, until it is known to be good.
begin() {
  FILE=$BACKUP_DIR/$1
  FILES+=("$FILE")
  say "$2"
}

# ---- before anything is stopped: leftovers of a killed run, and the room
find "$BACKUP_DIR" -maxdepth 1 -type f -regextype posix-extended \
  -regex ".*/(postgres|neo4j|mongo|redis|manifest)_$DATE_PATTERN\.[a-z.]+\.partial" -delete
newest=$(sets | sed -n 1p)
if [[ -n "$newest" ]]; then
  size=$(jq '[.files[].bytes] | add' "$(manifest_of "$newest")")
  free=$(df --output=avail -B 1 -- "$BACKUP_DIR" | tail -n 1)
  ((free > size)) || die "the last set has $((size >> 20)) MB, and $BACKUP_DIR has just $((free >> 20)) MB free"
fi

say "backup $DATE"

begin "postgres_$DATE.dump" 'PostgreSQL'
inside postgres pg_dump -U "$OWNER" -Fc "$DATABASE" >"$FILE.partial"
compose exec -T postgres pg_restore -l <"$FILE.partial" >/dev/null
compose exec -T postgres pg_restore --data-only -f - <"$FILE.partial" | counts_in_dump >"$WORK/dumped"
postgres_counts "$DATABASE" inside postgres >"$WORK/tables"
join -t $'\t' -o 1.1,1.2 "$WORK/dumped" "$WORK/tables" >"$WORK/postgres"

begin "mongo_$DATE.archive.gz" 'MongoDB'
mongo_dump >"$FILE.partial" 2>"$WORK/mongodump" || { cat "$WORK/mongodump" >&2 && false; }
gzip -t <"$FILE.partial"
mongo_counts "$WORK/mongodump" >"$WORK/mongo"

begin "redis_$DATE.rdb" 'Redis'
redis_save
compose cp redis:/data/dump.rdb "$FILE.partial" </dev/null
chmod 0600 -- "$FILE.partial"
[[ "$(head -c 5 -- "$FILE.partial")" == REDIS ]] || die 'what Redis saved is not an RDB file'
redis_check "$FILE.partial" >"$WORK/rdb" || { cat "$WORK/rdb" >&2 && false; }
redis_counts <"$WORK/rdb" >"$WORK/redis"

begin "neo4j_$DATE.dump.gz" 'Neo4j: it is stopped while it is dumped'
running neo4j || die 'neo4j is not running: an outage that nobody knows of, or a restore that is not done'
neo4j_counts inside neo4j >"$WORK/before"
NEO4J_STOPPED=$SECONDS
compose stop neo4j </dev/null
neo4j_dump | gzip >"$FILE.partial"
neo4j_back
size=$(gzip -dc <"$FILE.partial" | wc -c)
((size > 0)) || die 'the dump of Neo4j is empty'
neo4j_counts inside neo4j >"$WORK/neo4j"
# Written to between the count and the stop: then it is not known what the dump has.
cmp -s "$WORK/before" "$WORK/neo4j" || : >"$WORK/neo4j"

# ---- the set counts from its manifest on
for file in "${FILES[@]}"; do
  [[ -s "$file.partial" ]] || die "$file is empty"
  kind=$(basename -- "${file%_"$DATE"*}")
  read -r hash _ < <(sha256sum <"$file.partial")
  jq -n --arg kind "$kind" --arg name "$(basename -- "$file")" --arg sha256 "$hash" \
    --argjson bytes "$(stat -c %s -- "$file.partial")" --rawfile counts "$WORK/$kind" \
    '{kind: $kind, name: $name, bytes: $bytes, sha256: $sha256,
      counts: ($counts | split("\n") | map(select(. != "") | split("\t") | {(.[0]): (.[1] | tonumber)}) | add // {})}'
done >"$WORK/files"
MANIFEST=$(manifest_of "$DATE")
FILES+=("$MANIFEST")
jq -s --arg date "$DATE" --arg project "$PROJECT" '{version: 1, date: $date, project: $project, files: .}' \
  "$WORK/files" >"$MANIFEST.partial"
for file in "${FILES[@]}"; do mv -- "$file.partial" "$file"; done
sync -f -- "$BACKUP_DIR"
verified "$DATE"
FILES=()

bytes=$(jq '[.files[].bytes] | add' "$MANIFEST")
metrics backup "last_success_timestamp_seconds $(date +%s)" "last_size_bytes $bytes"
say "set $DATE is complete and verified"
(cd -- "$BACKUP_DIR" && ls -lh -- *"_$DATE".*)
[[ -z "$SET_ONLY" ]] || exit 0

# ---- what is old goes, but for the newest; a set is gone as soon as its manifest is
oldest=$(date -d "-$RETENTION_DAYS days" +%Y%m%d_%H%M%S)
sets | tail -n "+$((KEEP_NEWEST + 1))" | while read -r date; do
  [[ "$date" < "$oldest" ]] || continue
  say "set $date is older than $RETENTION_DAYS days: removed"
  rm -f -- "$(manifest_of "$date")" "$BACKUP_DIR/postgres_$date.dump" "$BACKUP_DIR/neo4j_$date.dump.gz" \
    "$BACKUP_DIR/mongo_$date.archive.gz" "$BACKUP_DIR/redis_$date.rdb"
done

# ---- a copy elsewhere, the manifest last
copied() {
  local bytes=$1 to=$OFFSITE_TO/$2
  case $OFFSITE_BY in
  rclone) rclone rcat --quiet -- "$to" ;;
  aws) aws s3 cp --only-show-errors --expected-size "$bytes" - "$to" ;;
  *) die "OFFSITE_BY is rclone or aws, unlike $OFFSITE_BY" ;;
  esac
}
if [[ -n "$OFFSITE_TO" ]]; then
  say "copying the set to $OFFSITE_TO"
  needs "$OFFSITE_BY" ${AGE_RECIPIENT:+age}
  while read -r name; do
    bytes=$(stat -c %s -- "$BACKUP_DIR/$name")
    if [[ -n "$AGE_RECIPIENT" ]]; then
      age -r "$AGE_RECIPIENT" <"$BACKUP_DIR/$name" | copied "$bytes" "$name.age"
    else
      copied "$bytes" "$name" <"$BACKUP_DIR/$name"
    fi
  done < <(jq -r '.files[].name' "$MANIFEST" && basename -- "$MANIFEST")
  metrics backup_offsite "last_success_timestamp_seconds $(date +%s)"
fi
heartbeat
