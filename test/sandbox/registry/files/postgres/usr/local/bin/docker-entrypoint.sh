#!/bin/bash
# What the official image's entrypoint does, in short: POSTGRES_USER, _PASSWORD, _DB and their _FILEs count for an empty
# volume only; scripts in /docker-entrypoint-initdb.d run once; `postgres -c …` is passed on.
set -Eeuo pipefail

from_file() {
  local file=$1_FILE
  [[ -z "${!file:-}" ]] || export "$1=$(< "${!file}")"
}

[[ "${1:-}" != -* ]] || set -- postgres "$@"
[[ "${1:-}" = postgres ]] || exec "$@"

if [[ "$(id -u)" = 0 ]]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres: "$PGDATA" /var/run/postgresql
  chmod 0700 "$PGDATA"
  exec setpriv --reuid postgres --regid postgres --init-groups "${BASH_SOURCE[0]}" "$@"
fi

if [[ ! -s "$PGDATA/PG_VERSION" ]]; then
  for name in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB; do from_file "$name"; done
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  if [[ -z "${POSTGRES_PASSWORD:-}" && "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    exit 1
  fi
  initdb --username="$user" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") --no-sync --no-instructions > /dev/null
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
  # On the socket only, as long as this takes.
  options="-c listen_addresses=''"
  (($# == 1)) || options+=$(printf ' %q' "${@:2}")
  pg_ctl -o "$options" -w start > /dev/null
  sql() { psql -qX -v ON_ERROR_STOP=1 --no-password -U "$user" -d "$database" "$@"; }
  [[ "$database" = postgres ]] ||
    psql -qX -v ON_ERROR_STOP=1 -U "$user" -d postgres -v name="$database" <<< 'CREATE DATABASE :"name"'
  sql -c 'CREATE EXTENSION IF NOT EXISTS postgis'
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
    *.sh) . "$file" ;;
    *.sql) sql -f "$file" ;;
    *.sql.gz) gzip -dc "$file" | sql ;;
    esac
  done
  pg_ctl -m fast -w stop > /dev/null
  echo 'PostgreSQL init process complete; ready for start up.'
fi
exec "$@" -c listen_addresses='*'
