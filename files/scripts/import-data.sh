#!/usr/bin/env bash
# Imports the data set into the databases: GeoPackages into PostGIS, then the pipeline's steps into Neo4j and Milvus.
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$HERE/lib.sh"

usage() {
  cat <<EOT
Usage: import-data.sh [--yes-overwrite] [--pipeline]

Imports every data/ready-for-import/postgis/NAME.gpkg as the table NAME, then runs the steps 08, 09 and 10 of
egib/scripts/pipeline in a container of the backend's image. What has been imported is remembered in data/.imported:
the same data set is not imported twice, and tables that have rows are not replaced unless told to.

  --yes-overwrite  replaces tables that have rows, and imports again what has been imported
  --pipeline       only the pipeline's steps: Neo4j and Milvus, from what is in PostGIS
  -h, --help       this text
EOT
}

OVERWRITE=
PIPELINE=
for option; do
  case $option in
  -h | --help) usage && exit ;;
  --yes-overwrite) OVERWRITE=yes ;;
  --pipeline) PIPELINE=yes ;;
  *) misused "unknown: $option" ;;
  esac
done

settings
needs docker flock sha256sum
lock operations
DATA=$DIR/data/ready-for-import
STAMP=$DIR/data/.imported
BEGUN=$DIR/data/.importing
STEPS=(08_import_neo4j 09_generate_embeddings 10_import_milvus)
SCHEMA=import_in_progress
WORK=$(mktemp -d)
# Also the password that is in it.
trap 'rm -rf -- "$WORK"' EXIT

sql() {
  inside postgres psql -qXAt -v ON_ERROR_STOP=1 -U "$OWNER" -d "$DATABASE" -c 'SET client_min_messages = warning' "$@"
}

for step in "${STEPS[@]}"; do
  [[ -f "egib/scripts/pipeline/$step.py" ]] || die "egib/scripts/pipeline/$step.py is missing"
done

pipeline() {
  local step egib
  egib=$(readlink -f egib)
  for step in "${STEPS[@]}"; do
    say "pipeline: $step"
    compose run --rm --no-deps -T -v "$egib:$DIR/egib:ro" -v "$DIR/data:$DIR/data" -w "$DIR" --entrypoint python3 \
      backend "$DIR/egib/scripts/pipeline/$step.py" </dev/null
  done
}

say 'waiting for the databases'
healthy postgres neo4j milvus
if [[ -n "$PIPELINE" ]]; then
  pipeline
  say 'the pipeline is through'
  exit
fi

# ---- what there is to import
needs ogr2ogr ogrinfo
shopt -s nullglob
packages=("$DATA"/postgis/*.gpkg)
shopt -u nullglob
((${#packages[@]} > 0)) || die "there is nothing to import: no .gpkg in $DATA/postgis"
tables=()
for package in "${packages[@]}"; do
  table=$(basename -- "$package" .gpkg)
  # As the table will be called: ogr2ogr makes other names plain, and two could become the same.
  [[ "$table" =~ ^[a-z_][a-z0-9_]{0,62}$ ]] || die "not the name of a table: $table (small letters, digits and _)"
  layers=$(ogrinfo -q -ro -- "$package" | grep -cE '^[0-9]+: ' || :)
  ((layers == 1)) || die "$package has $layers layers; one file is one table"
  tables+=("$table")
done
hash=$(cd -- "$DATA" && find . -type f -print0 | sort -z | xargs -0 sha256sum -- | sha256sum | cut -d ' ' -f 1)

if [[ -z "$OVERWRITE" ]]; then
  if [[ -f "$STAMP" && "$(<"$STAMP")" == "$hash" ]]; then
    say 'this data set has been imported already'
    exit
  fi
  if [[ ! -f "$BEGUN" || "$(<"$BEGUN")" != "$hash" ]]; then
    full=()
    for table in "${tables[@]}"; do
      there=$(sql -c "SELECT to_regclass('public.\"$table\"') IS NOT NULL")
      [[ "$there" == t ]] || continue
      rows=$(sql -c "SELECT EXISTS (SELECT FROM public.\"$table\")")
      [[ "$rows" != t ]] || full+=("$table")
    done
    nodes=$(neo4j_counts inside neo4j | sed -n 's/^nodes\t//p')
    [[ "$nodes" == 0 ]] || full+=("Neo4j ($nodes nodes)")
    ((${#full[@]} == 0)) || die "refused: there is data already: ${full[*]}; --yes-overwrite replaces it"
  fi
fi
# An import that does not come to its end may be begun again: what it has left is its own.
printf '%s\n' "$hash" >"$BEGUN"

# ---- PostGIS: into a schema of its own; the tables change places together, once all of them are there
sed 's/[\\:]/\\&/g; s/^/127.0.0.1:5432:*:'"$OWNER"':/' < <(inside postgres printenv POSTGRES_PASSWORD) >"$WORK/pgpass"
export PGPASSFILE=$WORK/pgpass PG_USE_COPY=YES
sql -c "DROP SCHEMA IF EXISTS $SCHEMA CASCADE" -c "CREATE SCHEMA $SCHEMA"
swap=()
for index in "${!tables[@]}"; do
  table=${tables[$index]}
  say "PostGIS: $table"
  ogr2ogr -f PostgreSQL "PG:host=127.0.0.1 port=5432 dbname=$DATABASE user=$OWNER" "${packages[$index]}" \
    -nln "$table" -lco "SCHEMA=$SCHEMA" </dev/null
  swap+=(-c "DROP TABLE IF EXISTS public.\"$table\"" -c "ALTER TABLE $SCHEMA.\"$table\" SET SCHEMA public")
done
sql --single-transaction "${swap[@]}" -c "DROP SCHEMA $SCHEMA"
for table in "${tables[@]}"; do
  say "$table: $(sql -c "SELECT count(*) FROM public.\"$table\"") rows"
done

pipeline
mv -f -- "$BEGUN" "$STAMP"
say 'the data set is imported'
