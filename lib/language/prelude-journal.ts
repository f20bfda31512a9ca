/** What the journal of a host may take up; the oldest runs go first. */
export const JOURNAL = {
  /** Runs that are remembered. */
  runs: 50,
  /** MB that all of them may take up. */
  total: 256,
  /** MB of a file beyond which what it held is not kept. */
  file: 8,
  /** MB that the files of one run may take up; larger ones than 1 MB are not kept beyond it. */
  run: 64,
} as const

const MB = 1024 * 1024

/**
 * Shell functions for the journal of runs, part of the prelude: `/var/lib/trueup/runs/RUN/`, or `~/.local/state/trueup`
 * for who is not root. Its folders are 0700 and its files 0600, whatever they were copied from.
 *
 * - `RUN/journal` holds a line of JSON for whatever was told (lib/runner/journal).
 * - `RUN/N/before` holds what was found at each path that change N was about to touch, and `RUN/N/after` what it left
 *   there: fields that end in NUL. `RUN/N/0`, `1`, … are the files that were there.
 *
 * What a file holds is told by a digest with a key of this host's: no plain hash of a secret lies around.
 */
export const journalPrelude = String.raw`
tu_open() ( # RUN: makes its folder, and forgets the oldest of too many
  umask 077
  mkdir -p -- "$tu_home/runs" && cd -- "$tu_home/runs" || exit
  if [ ! -s ../key ]; then
    fresh=../key.$BASHPID
    head -c 32 /dev/urandom | base64 > "$fresh" && sync -- "$fresh" && mv -T -- "$fresh" ../key || exit
  fi
  mkdir -p -- "$1" || exit
  runs=(*)
  while [ "\${runs[0]}" != "$1" ] && { [ "\${#runs[@]}" -gt ${JOURNAL.runs} ] || [ "$(du -sm . | cut -f 1)" -gt ${JOURNAL.total} ]; }; do
    rm -rf -- "./\${runs[0]}"
    runs=("\${runs[@]:1}")
  done
)
tu_note() { # RUN < lines for its journal
  local lines code
  [ -d "$tu_home/runs/$1" ] || tu_open "$1" || return
  IFS= read -r -d '' lines
  umask 077
  printf %s "$lines" >> "$tu_home/runs/$1/journal"
  code=$?
  umask 022
  return "$code"
}
tu_change() { # RUN CHANGE PATH… < lines: what is touched from here on belongs to a change, and what it was is kept
  local path run=$tu_home/runs/$1
  tu_note "$1" && { [ -d "$run/$2" ] || mkdir -m 0700 -- "$run/$2"; } || {
    echo "nothing was changed, since the journal of this run cannot be written in $run$(tu_free "$tu_home")" >&2
    return 1
  }
  tu_now=$run/$2
  shift 2
  for path; do tu_keep "$path" || return; done
}
tu_free() { local free; free=$(df -h --output=avail -- "$1" 2> /dev/null | tail -n 1) && echo " (\${free// /} free there)"; }
tu_look() { # PATH: sets type, mode, owner and content, and enters its folder, where it is called file
  local time
  type=absent mode= owner= content= size=0
  if ! tu_enter "$1" 2> /dev/null; then
    [ ! -e "$1" ] && [ ! -L "$1" ] || type=elsewhere
    return 0
  fi
  file=./\${1##*/}
  if [ -L "$file" ]; then
    type=link owner=$(stat -c %u:%g -- "$file") && content=$(readlink -- "$file" && printf x) || return
    content=\${content%$'\nx'}
  elif [ -e "$file" ]; then
    read -r mode owner size time < <(stat -c '%a %u:%g %s %Y' -- "$file") || return
    printf -v mode %04d "$mode"
    if [ -d "$file" ]; then type=directory
    elif [ ! -f "$file" ]; then type=other
    elif [ "$size" -gt ${JOURNAL.file * MB} ]; then type=file content=$size@$time
    else
      type=file content=$(set -o pipefail; cat -- "$tu_home/key" "$file" | sha256sum) || return
      content=\${content%% *}
    fi
  fi
}
tu_state() ( # PATH: its type, mode, owner and content, a NUL behind each
  tu_look "$1" && printf '%s\0' "$type" "$mode" "$owner" "$content"
)
tu_copy() { # TO: what was looked at; 77 where it is too large
  local used=0
  [ "$size" -le ${JOURNAL.file * MB} ] || return 77
  [ "$size" -le ${MB} ] || used=$(du -sm -- "\${1%/*/*}" | cut -f 1) && [ "$used" -le ${JOURNAL.run} ] || return 77
  dd if="$file" iflag=nofollow,fullblock of="$1" conv=fsync bs=1M status=none
}
tu_keep() { # PATH: writes down what is there, once for each change
  local before=() n
  [ -n "\${tu_now-}" ] || return 0
  [ ! -e "$tu_now/before" ] || mapfile -d '' -t before < "$tu_now/before"
  for ((n = 0; n < \${#before[@]}; n += 6)); do [ "\${before[n]}" != "$1" ] || return 0; done
  (
    umask 077
    tu_look "$1" || exit
    kept=-
    if [ "$type" = file ]; then
      kept=$((n / 6))
      tu_copy "$tu_now/$kept" || { [ $? = 77 ] && kept=no || exit 1; }
    fi
    printf '%s\0' "$1" "$type" "$mode" "$owner" "$content" "$kept" >> "$tu_now/before"
  ) || { echo "$1 was not changed, since what it is now cannot be kept in $tu_now$(tu_free "$tu_home")" >&2; return 1; }
}
tu_changed() ( # RUN CHANGE: writes down what it has left
  change=$tu_home/runs/$1/$2
  [ -e "$change/before" ] || exit 0
  umask 077
  mapfile -d '' -t before < "$change/before"
  for ((n = 0; n < \${#before[@]}; n += 6)); do
    tu_look "\${before[n]}" && printf '%s\0' "\${before[n]}" "$type" "$mode" "$owner" "$content"
  done > "$change/after"
)
tu_runs() ( # each run that is remembered: its name, the first and the last line of its journal, and how many changes it began
  cd -- "$tu_home/runs" 2> /dev/null || exit 0
  shopt -s nullglob
  for run in *; do
    [ -s "$run/journal" ] || continue
    mapfile -t lines < "$run/journal"
    changes=("$run"/*/)
    printf '%s\0' "$run" "\${lines[0]}" "\${lines[-1]}" "\${#changes[@]}"
  done
)
tu_run() ( # RUN: its journal, and what each of its changes found and left; nothing where it is not known
  cd -- "$tu_home/runs/$1" 2> /dev/null && [ -s journal ] || exit 0
  cat journal && printf '\0' || exit
  for n in $(ls); do
    [ -d "$n" ] || continue
    for when in before after; do
      fields=()
      [ ! -e "$n/$when" ] || mapfile -d '' -t fields < "$n/$when"
      printf '%s\0' "$n" "$when" "\${#fields[@]}" "\${fields[@]}"
    done
  done
)
`.replaceAll('\\$', '$')
