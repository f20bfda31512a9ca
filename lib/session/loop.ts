/**
 * The program on the host's side of a session: one bash that takes requests from its stdin until that ends, or until
 * nothing has come for a while. Plain ASCII, for bash 5.0 or newer (bash(1)).
 *
 * It is given a line `NONCE IDLE GRACE` first (seconds, and tenths of them between TERM and KILL). A request is a line
 * `SEQ MODE TIMEOUT LENGTH` and a script of LENGTH bytes, which prints marks (frame.ts). Modes: `job` runs it as a job of
 * its own, `read` as well, where it changes nothing, `feed` with the channel as its stdin (it reads exactly what was
 * announced to it), `here` in this very shell. Any other line is a beat.
 *
 * - From the first job that may change something on, both outputs go through a `cat` that outlives the connection, and
 *   another that then swallows what still comes: no command is ended by SIGPIPE because the runner went away; what was
 *   begun is finished. (`tee -p` alone would do that as well, but reads 8 kB at a time.) Where all is as wanted there is
 *   no such job, and none of these processes.
 * - Descriptor 8 is held by the running job alone, so end of file on 7 says that the job is over, and `read -t` waits
 *   for that with a deadline: no helper process, no polling. `set -m` makes the job a process group of its own.
 * - Descriptor 9 belongs to scripts that run `here`: no job inherits it, so a lock on it ends with this shell. `$__busy`
 *   is the file that tells the next run which job is under way (lock.ts): it may outlive this shell.
 * - Scripts are read without `-t`: with it bash makes two system calls per character.
 */
export const LOOP = String.raw`
IFS=$' \t\n'
export HOME=~ LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ -z "$1" ] || export SSH_CONNECTION=$1
__pump() { exec 7<&- 9>&-; trap '' HUP PIPE; cat; exec cat > /dev/null; }
__outlive() { set +m; exec 2> >(__pump >&2 2> /dev/null); exec > >(__pump 2> /dev/null); set -m; __outliving=1; }
__mark() { printf '%s %s %s\n' "$__nonce" "$__seq" "$*"; printf '%s %s %s\n' "$__nonce" "$__seq" "$*" >&2; }
__gone() {
  local n
  for ((n = 0; n < $1; n++)); do kill -0 -- "-$__job" || return 0; read -r -t 0.1 <> <(:); done
  return 1
}
__stop() { kill -TERM -- "-$__job"; __gone "$__grace" || { kill -KILL -- "-$__job"; __gone 20; }; }
exec 8<> <(:)
exec 7< /dev/fd/8 8>&-
umask 022
cd /
set -m
read -r -t 30 __nonce __idle __grace || exit
while read -r -t "$__idle" __seq __mode __timeout __length; do
  [ "$__length" ] || continue
  IFS= LC_ALL=C read -r -N "$__length" __script || exit
  __end=done
  if [ "$__mode" = here ]; then
    eval "$__script" < /dev/null
  else
    [ "$__mode" = read ] || [ "$__outliving" ] || __outlive
    exec 8> /dev/fd/7
    if [ "$__mode" = feed ]; then { eval "$__script"; } 7<&- 9>&- & else { eval "$__script"; } < /dev/null 7<&- 9>&- & fi
    __job=$!
    exec 8>&-
    [ -z "$__busy" ] || echo "$__job" 2> /dev/null > "$__busy"
    read -r -t "$__timeout" -u 7
    [ $? -le 128 ] || { __end=timeout; __stop; } 2> /dev/null
    wait "$__job" 2> /dev/null || [ "$__mode" != feed ] || exit 1
  fi
  __mark - "$__end"
done
`

/** What the loop's bash says once it is there: before that, sudo may still be asking. */
export const READY = 'trueup-ready'

/** What of the login's environment stays: who it is, and how to get out. The rest could change what programs print. */
const KEPT = 'USER | LOGNAME | XDG_RUNTIME_DIR | *_proxy | *_PROXY'

/** Bash obeys nothing of its surroundings before its first command (-p; bash(1)), but POSIXLY_CORRECT. */
const BASH = 'bash --noprofile --norc -p -c'

/**
 * The script in the loop's argv, free of anything that is secret: it cleans up, reads the program, and runs it. What has no
 * name that bash could unset, such as a function that some shell exports, goes with another start.
 */
const BOOT = [
  'set +p +o posix',
  'export -n SHELLOPTS BASHOPTS',
  '__names=()',
  'while IFS= read -r -d "" n; do n=${n%%=*}',
  `case $n in ${KEPT}) ;; *[^A-Za-z0-9_]*) __names+=(-u "$n") ;; *) unset -v "$n" ;; esac`,
  'done < /proc/self/environ 2> /dev/null',
  `[ "\${#__names[@]}" = 0 ] || PATH=/usr/bin:/bin exec env "\${__names[@]}" ${BASH} "$BASH_EXECUTION_STRING" trueup "$1"`,
  `echo ${READY}`,
  `IFS= LC_ALL=C read -r -N ${LOOP.length} program`,
  'eval "$program"',
].join('; ')

/** What sudo says is read in English. */
const ENGLISH = 'env -u LANGUAGE LC_ALL=C'

/**
 * The command line that starts the loop; fit for every login shell, also csh and fish.
 *
 * @param before - what runs it, such as a sudo with its options
 */
export const bootCommand = (before = ''): string =>
  `exec ${before === '' ? '' : `${ENGLISH} ${before}`}${BASH} '${BOOT}' trueup "$SSH_CONNECTION"`
