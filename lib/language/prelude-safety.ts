import { putBack, SERVICE, TIMER } from './put-back.ts'

/**
 * Shell functions that keep a host safe from a run that dies, part of the prelude. What they write is root's alone, and
 * gone when a run has come to its end.
 *
 * - `tu_owe NAME < SCRIPT` writes down what is to be run, `tu_paid NAME…` that it has been, `tu_settle NAME` runs it. The
 *   first line of SCRIPT is a comment that says what it is.
 * - `tu_guard TITLE [PATH…] < UNDO` keeps copies of paths and an undo, and arms the host: unless `tu_proved` comes within
 *   60 s it puts back by itself, also after a reboot. A second guard joins the first, and the time begins anew.
 *   systemd reads units that it does not know when they are first named, and forgets them when they are over (systemd(1)):
 *   reading all of them again (daemon-reload) would take a host longer than all the rest.
 * - `tu_proved` disarms it, and fails where it was too late. `tu_put_back` puts back now, and says what.
 * - `tu_left` lists what an earlier run has left: `owed …`, `armed`, `put-back …`.
 */
export const safetyPrelude = String.raw`
tu_clean() { rmdir -- "$tu_home/pending" "$tu_home" 2> /dev/null || :; }
tu_owe() (
  mkdir -p -m 0700 -- "$tu_home" "$tu_home/pending" && tu_put "$tu_home/pending/$1" 0600 "$UID" "\${GROUPS[0]}"
)
tu_paid() { (cd "$tu_home/pending" 2> /dev/null || exit 0; rm -f -- "$@") && tu_clean; }
tu_settle() { (eval "$(cat -- "$tu_home/pending/$1")") && tu_paid "$1"; }
tu_left() {
  local file line
  for file in "$tu_home"/pending/*; do
    [ ! -f "$file" ] || { IFS= read -r line < "$file" && printf 'owed %s\n' "\${line#\# }"; }
  done
  [ ! -d "$tu_home/guard" ] || echo armed
  [ ! -f "$tu_home/put-back" ] || { read -r line < "$tu_home/put-back" && printf 'put-back %s\n' "$line"; }
}
tu_guard() ( # TITLE [PATH…] < UNDO
  units=/etc/systemd/system guard=$tu_home/guard
  [ "$UID" = 0 ] && [ -d /run/systemd/system ] || { echo 'a guard needs root and systemd; nothing was changed' >&2; exit 1; }
  mkdir -p -m 0700 -- "$tu_home" "$guard" || exit
  n=1; while [ -e "$guard/$n" ]; do n=$((n + 1)); done
  rm -rf -- "$guard/new" && mkdir -m 0700 -- "$guard/new" "$guard/new/files" || exit
  printf '%s\n' "$1" > "$guard/new/title" && cat > "$guard/new/undo" && : > "$guard/new/paths" || exit
  shift
  for path; do
    printf '%s\0' "$path" >> "$guard/new/paths" || exit
    [ ! -e "$path" ] && [ ! -L "$path" ] || cp -a --parents -- "$path" "$guard/new/files" || exit
  done
  mv -T -- "$guard/new" "$guard/$n" || exit
  if [ "$n" = 1 ]; then
    printf '%s' ${quoted(putBack)} > "$guard/put-back" &&
      printf '%s' ${quoted(SERVICE)} > "$units/trueup-guard.service" &&
      printf '%s' ${quoted(TIMER)} > "$units/trueup-guard.timer" &&
      mkdir -p -- "$units/multi-user.target.wants" &&
      ln -sf -- "$units/trueup-guard.service" "$units/multi-user.target.wants/trueup-guard.service" &&
      stale=$(systemctl show --value -p NeedDaemonReload trueup-guard.{service,timer}) || exit
    case $stale in *yes*) systemctl daemon-reload || exit ;; esac
  fi
  find "$guard" "$units"/trueup-guard.* -type f -exec sync -- {} + &&
    sync -- "$guard" "$units" "$units/multi-user.target.wants" &&
    systemctl restart trueup-guard.timer
)
tu_proved() (
  exec 9> /run/trueup-guard.lock && flock 9
  if [ ! -d "$tu_home/guard" ]; then
    [ -f "$tu_home/put-back" ] || exit 0 # it could not be armed, so nothing was changed either
    cat -- "$tu_home/put-back" >&2; rm -f -- "$tu_home/put-back"; tu_clean; exit 1
  fi
  mv -T -- "$tu_home/guard" "$tu_home/guard.proved" || exit
  systemctl stop trueup-guard.timer
  rm -rf -- /etc/systemd/system/trueup-guard.{service,timer} /etc/systemd/system/multi-user.target.wants/trueup-guard.service
  rm -rf -- "$tu_home/guard.proved"; rm -f /run/trueup-guard.lock; tu_clean
)
tu_put_back() {
  [ ! -d "$tu_home/guard" ] || bash "$tu_home/guard/put-back"
  cat -- "$tu_home/put-back" && rm -f -- "$tu_home/put-back" && tu_clean
}
`.replaceAll('\\$', '$')

/** In a template whose backslash before a dollar goes away. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
