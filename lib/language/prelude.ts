import { aptPrelude } from './prelude-apt.ts'
import { journalPrelude } from './prelude-journal.ts'
import { safetyPrelude } from './prelude-safety.ts'

/**
 * Shell functions that every session defines once, so that commands stay short. All work on a path whose folder they
 * enter first. Whether it is the folder that was named is asked of the kernel, not of bash, which only believes where it
 * is; from then on nobody can exchange the folder under them.
 *
 * - `tu_put PATH MODE OWNER GROUP [TREE CHECK] < content` replaces a file: a new temporary file in the same folder
 *   (O_EXCL, and written through the descriptor that created it), mode and owner before content, fsync, check, rename.
 * - `tu_mode PATH MODE OWNER GROUP` gives a file that is there its mode and owner, through a descriptor.
 * - `tu_dir PATH MODE OWNER GROUP` makes a directory, or gives it its mode and owner.
 * - `tu_link PATH TARGET [TREE CHECK]` the same for a symbolic link.
 * - `tu_remove PATH [TREE CHECK]` removes a file or link.
 *
 * `tu_reboot_required WHY` leaves Debian's notice that a reboot is wanted, as packages do.
 *
 * What they replace is kept where a change of a run is under way: see {@link journalPrelude}. Functions for packages
 * follow them, and those that keep a host safe from a run that dies: see {@link aptPrelude} and {@link safetyPrelude}.
 *
 * With TREE and CHECK the change is first made in a copy of TREE that is mounted over it in a mount namespace of its
 * own (unshare(1)), and CHECK is run there: `nginx -t` sees the whole new configuration while the live one is untouched.
 * Where CHECK fails without the change as well, it cannot judge it: several broken files would keep each other broken.
 */
const paths = String.raw`
[ "$UID" = 0 ] && tu_home=\${__root-}/var/lib/trueup || tu_home=\${__root-}$HOME/.local/state/trueup
tu_enter() { # PATH; the second cd goes nowhere: it has bash ask the kernel where that is
  cd -P -- "\${1%/*}/" && cd -P /proc/self/cwd || return
  [ "\${PWD%/}" = "\${1%/*}" ] || { echo "\${1%/*} is reached through a symbolic link; name its real path, $PWD" >&2; return 1; }
}
tu_own() { # OWNER GROUP AT: what root has just made is root's already, but for the folders that hand on their group
  [ "$1:$2" = root:root ] && [ "$UID" = 0 ] && [ -O "$3" ] && [ -G "$3" ] || chown -- "$1:$2" "$3"
}
tu_room() { # what df(1) says of the file system that we are in
  local size free nodes at
  read -r size free nodes at < <(df -k --output=itotal,avail,iavail,target . | tail -n 1)
  if [ "$free" -ge 64 ] && { [ "$nodes" != 0 ] || [ "$size" = 0 ]; }; then echo "$free kB free on $at"
  else echo "the file system $at is full ($free kB and $nodes inodes free): make room there (du -xh $at | sort -h | tail) and run again"; fi
}
tu_reboot_required() { # WHY
  echo '*** System restart required ***' > /run/reboot-required && printf '%s\n' "$1" >> /run/reboot-required.pkgs
}
tu_stage() { tu_staged=.trueup.$BASHPID.$RANDOM$RANDOM; }
tu_commit() { # PATH STAGED|'' [TREE CHECK]
  local path=$1 staged=$2 tree=\${3-} check=\${4-} name=\${1##*/} change
  if [ -n "$staged" ]; then change='mv -fT -- "$d/$2" "$d/$3"'; else change='rm -f -- "$d/$3"'; fi
  if [ -n "$check" ] && ! unshare -m --propagation private bash -c '
      mount -t tmpfs -o mode=755 trueup /mnt && cp -a -- "$1/." /mnt/ || exit
      d=/mnt\${4#"$1"}; '"$change"' && mount --bind /mnt "$1" && cd / && eval "$5" 2>&1' - "$tree" "$staged" "$name" "\${path%/*}" "$check" >&2; then
    if (cd / && eval "$check") >/dev/null 2>&1; then
      [ -z "$staged" ] || rm -f -- "./$staged"
      echo "refused: with the new $path, “$check” fails; nothing was replaced" >&2
      return 1
    fi
    echo "“$check” fails with the new $path as it does without: put in place, so that the rest can be mended" >&2
  fi
  if [ -n "$staged" ]; then mv -fT -- "./$staged" "./$name" || { rm -f -- "./$staged"; return 1; }
  else rm -f -- "./$name" || return; fi
  sync .
}
tu_put() { # PATH MODE OWNER GROUP [TREE CHECK]
  local tu_staged fd at
  tu_enter "$1" || return
  [ ! -d "./\${1##*/}" ] || [ -L "./\${1##*/}" ] || { echo "$1 is a directory; it is not replaced by a file" >&2; return 1; }
  tu_keep "$1" || return
  tu_stage
  set -C; umask 077
  exec {fd}> "./$tu_staged" || { echo "$1 was not replaced; $(tu_room)" >&2; return 1; }
  set +C; umask 022
  at=/proc/$BASHPID/fd/$fd
  if tu_own "$3" "$4" "$at" && chmod -- "$2" "$at" && dd bs=1M conv=fsync status=none >&"$fd"
  then exec {fd}>&-; tu_commit "$1" "$tu_staged" "\${5-}" "\${6-}"
  else set -- "$1" "$(tu_room)"; exec {fd}>&-; rm -f -- "./$tu_staged"; echo "$1 was not replaced; $2" >&2; return 1
  fi
}
tu_mode() { # PATH MODE OWNER GROUP
  local fd at
  tu_enter "$1" && tu_keep "$1" || return
  [ -f "./\${1##*/}" ] && [ ! -L "./\${1##*/}" ] && exec {fd}< "./\${1##*/}" || { echo "$1 is not there, or no file" >&2; return 1; }
  at=/proc/$BASHPID/fd/$fd
  # Whatever the name means by now, this is what was opened; a second name of it could be in a place of others.
  if [ "$(readlink -- "$at")" = "$1" ] && [ "$(stat -Lc %h -- "$at")" = 1 ]; then tu_own "$3" "$4" "$at" && chmod -- "$2" "$at"
  else echo "$1 was not changed: it has another name, or is being exchanged by somebody" >&2; false; fi
  set -- $?; exec {fd}<&-; return "$1"
}
tu_dir() { # PATH MODE OWNER GROUP
  tu_enter "$1" && tu_keep "$1" || return
  [ -d "./\${1##*/}" ] || mkdir -m 0700 -- "./\${1##*/}" || { echo "$1 was not made; $(tu_room)" >&2; return 1; }
  tu_enter "$1/" && tu_own "$3" "$4" . && chmod -- "$2" .
}
tu_link() { # PATH TARGET [TREE CHECK]
  local tu_staged
  tu_enter "$1" || return
  [ ! -d "./\${1##*/}" ] || [ -L "./\${1##*/}" ] || { echo "$1 is a directory; it is not replaced by a link" >&2; return 1; }
  tu_keep "$1" || return
  tu_stage
  ln -s -- "$2" "./$tu_staged" || { echo "$1 was not made; $(tu_room)" >&2; return 1; }
  tu_commit "$1" "$tu_staged" "\${3-}" "\${4-}"
}
tu_remove() { # PATH [TREE CHECK]
  tu_enter "$1" || return
  [ ! -d "./\${1##*/}" ] || [ -L "./\${1##*/}" ] || { echo "$1 is a directory; only files and links are removed here" >&2; return 1; }
  tu_keep "$1" || return
  tu_commit "$1" '' "\${2-}" "\${3-}"
}
`.replaceAll('\\$', '$')

export const prelude = paths + journalPrelude + aptPrelude + safetyPrelude
