/**
 * Shell functions for packages, part of the prelude. Nothing is ever killed and no lock is ever deleted.
 *
 * - `tu_apt install [OPTION…] NAME…` installs. Package lists are refreshed first where they are missing, a day old or
 *   older than their sources, and again where a package is not in them or a mirror no longer has it.
 * - `tu_apt remove NAME…`, `tu_apt purge NAME…` remove with dpkg(1), which refuses where other packages would have to go.
 * - `tu_apt configure` only finishes what was cut off.
 *
 * All of them wait for cloud-init's first boot (5 minutes at most), for the locks of others (10 minutes at most, then
 * they name who holds them) and finish what an interrupted dpkg has left. `DPkg::Lock::Timeout` covers neither the lock
 * of the lists nor that of the archives, hence {@link https://manpages.debian.org/lslocks.8 | lslocks(8)}.
 */
export const aptPrelude = String.raw`
tu_apt() { # install|remove|purge|configure [OPTION…] NAME…
  local verb=$1
  local -x LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical \
    APT_LISTCHANGES_FRONTEND=none APT_LISTBUGS_FRONTEND=none NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1
  shift
  tu_apt_booted
  tu_apt_sound || tu_apt_turn tu_apt_repair
  case $verb in
    install) tu_apt_install "$@" ;;
    remove | purge) tu_apt_turn dpkg --force-remove-reinstreq "--$verb" -- "$@" ;;
  esac
}
tu_apt_booted() {
  [ -d /run/cloud-init ] && [ ! -e /run/cloud-init/result.json ] && [ ! -e /run/cloud-init/disabled ] || return 0
  ! command -v cloud-init >/dev/null || timeout 300 cloud-init status --wait >/dev/null && return
  echo 'cloud-init has not ended well, or not within 5 minutes; going on without it' >&2
}
tu_apt_holder() { # a container may hold a lock of the same name, so it must be the same file
  local path command pid fd
  while read -r path command pid; do
    for fd in "/proc/$pid/fd/"*; do
      [ "$fd" -ef "$path" ] || continue
      echo "$path is held by $command (process $pid)"
      return
    done
  done < <(lslocks -nro PATH,COMMAND,PID | grep -E '^/var/(lib/dpkg/lock(-frontend)?|lib/apt/lists/lock|cache/apt/archives/lock) ')
}
tu_apt_turn() { # COMMAND…: once nobody else is at it, and again where somebody cut in
  local end=$((SECONDS + \${TU_APT_WAIT:-600})) holder code
  while :; do
    holder=$(tu_apt_holder)
    if [ -z "$holder" ]; then
      "$@" && return
      code=$? holder=$(tu_apt_holder)
      [ -n "$holder" ] || return "$code"
    fi
    [ "$SECONDS" -lt "$end" ] || { echo "gave up after \${TU_APT_WAIT:-600} s: $holder" >&2; return 75; }
    sleep 2
  done
}
tu_apt_sound() { ! compgen -G '/var/lib/dpkg/updates/[0-9]*' >/dev/null && [ -z "$(dpkg --audit)" ]; }
tu_apt_repair() { tu_apt_sound || dpkg --force-confdef --force-confold --configure -a; }
tu_apt_get() {
  tu_apt_turn apt-get -yq -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \
    -o DPkg::Lock::Timeout=60 -o Acquire::Retries=3 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
    -o APT::Update::Error-Mode=any "$@"
}
tu_apt_stale() { # a refresh of ours touches the lock, which apt itself never writes to
  local lists=/var/lib/apt/lists
  ! compgen -G "$lists/*_*" >/dev/null || [ -z "$(find "$lists/lock" -mmin -1440 2>/dev/null)" ] ||
    [ -n "$(find /etc/apt/{sources.list,sources.list.d,keyrings,trusted.gpg.d} -cnewer "$lists/lock" -print -quit 2>/dev/null)" ]
}
tu_apt_update() {
  if tu_apt_get update; then touch /var/lib/apt/lists/lock
  else echo 'some package lists could not be refreshed; going on with those that are there' >&2; return 1; fi
}
tu_apt_unknown() { # NAME…: those that no package list offers; virtual packages have no candidate either
  apt-cache policy -- "$@" | awk '
    !asked { if (/^[^ ]/) name = substr($1, 1, length($1) - 1); else if (/^  Candidate: [^(]/) offered[name]; next }
    { plain = $1; sub(/:.*/, "", plain) }
    !($1 in offered || plain in offered) { printf "%s%s", sep, $1; sep = " " }
  ' - asked=1 <(printf '%s\n' "$@")
}
tu_apt_install() { # [OPTION…] NAME…
  local names=() broken name fresh='' unknown errors pause code=100
  for name; do [[ $name == -* ]] || names+=("$name"); done
  ! tu_apt_stale || { fresh=1; tu_apt_update; }
  unknown=$(tu_apt_unknown "\${names[@]}")
  [ -z "$unknown" ] || [ -n "$fresh" ] || { tu_apt_update; unknown=$(tu_apt_unknown "\${names[@]}"); }
  [ -z "$unknown" ] || { echo "no package list of this host offers $unknown (a virtual package is not enough)" >&2; return 100; }
  mapfile -t broken < <(dpkg-query -W -f '\${db:Status-Eflag} \${binary:Package}\n' | sed -n 's/^reinstreq //p')
  [ "\${#broken[@]}" = 0 ] || tu_apt_get install --reinstall --no-remove "\${broken[@]}"
  errors=$(mktemp) || return
  for pause in 0 5 20; do
    sleep "$pause"
    tu_apt_get install "$@" 2>"$errors" && { code=0; break; }
    code=$?
    grep -q 'to fetch' -- "$errors" || break
    tu_apt_update
  done
  cat -- "$errors" >&2
  rm -f -- "$errors"
  return "$code"
}
`.replaceAll('\\$', '$')
