#!/usr/bin/env bash
# Runs a job for cron: its output goes to a log, and whoever should know is told when it fails (or always).
set -Eeuo pipefail
umask 077
export LC_ALL=C.UTF-8

usage() {
  cat <<EOT
Usage: job.sh SETTINGS NAME LOG [--tell always] -- COMMAND…

Appends COMMAND's output to LOG. When it fails, the log's last lines are sent by mail or to a webhook, as SETTINGS (a
file of shell variables) has it; with --tell always the output is sent each time.
EOT
}

[[ "${1:-}" != -h && "${1:-}" != --help ]] || { usage && exit; }
(($# >= 5)) || { usage >&2 && exit 64; }
SETTINGS=$1 NAME=$2 LOG=$3
shift 3
TELL=failures
while [[ "$1" != -- ]]; do
  case $1 in
  --tell) TELL=$2 && shift ;;
  *) usage >&2 && exit 64 ;;
  esac
  shift
done
shift

MAIL_TO='' MAIL_FROM='' WEBHOOK=''
# shellcheck source=/dev/null
. "$SETTINGS"
WORK=$(mktemp -d)
trap 'rm -rf -- "$WORK"' EXIT

# An address with a key in it is no argument: curl has it from its standard input.
call() {
  local url=${1//\\/\\\\}
  shift
  printf 'url = "%s"\n' "${url//\"/\\\"}" | curl -fsS -m 20 --retry 2 -o /dev/null --config - "$@"
}

tell() {
  local subject=$1 told=0
  # Lines for a mail, which has a limit for them and none for their number.
  tr -d '\0\r' <"$WORK/told" | cut -c -900 >"$WORK/text"
  if [[ -n "$MAIL_TO" ]]; then
    {
      printf 'From: %s\nTo: %s\nSubject: %s\n' "$MAIL_FROM" "$MAIL_TO" "$subject"
      printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
      cat "$WORK/text"
    } | /usr/sbin/sendmail -i -- "$MAIL_TO" || told=1
  fi
  if [[ -n "$WEBHOOK" ]]; then
    jq -Rs --arg subject "$subject" '{text: "\($subject)\n\(.)"}' "$WORK/text" >"$WORK/body"
    call "$WEBHOOK" -H 'Content-Type: application/json' --data-binary "@$WORK/body" || told=1
  fi
  return "$told"
}

printf '=== %s %s\n' "$(date +%FT%T%z)" "$NAME" >>"$LOG"
set +e
"$@" 2>&1 </dev/null | tee -a -- "$LOG" >"$WORK/output"
code=${PIPESTATUS[0]}
set -e
printf '=== %s ended with %s\n' "$(date +%FT%T%z)" "$code" >>"$LOG"

host=$(hostname)
if ((code != 0)); then
  logger -t "$NAME" -p cron.err "failed with $code; see $LOG" || :
  { printf '%s on %s ended with %s. The last lines of %s:\n\n' "$NAME" "$host" "$code" "$LOG" && tail -n 60 "$WORK/output"; } >"$WORK/told"
  tell "[$host] $NAME FAILED ($code)" >>"$LOG" 2>&1 || printf '=== nobody could be told\n' >>"$LOG"
elif [[ "$TELL" == always ]]; then
  tail -n 500 "$WORK/output" >"$WORK/told"
  tell "[$host] $NAME" >>"$LOG" 2>&1 || { printf '=== nobody could be told\n' >>"$LOG" && code=75; }
fi
exit "$code"
