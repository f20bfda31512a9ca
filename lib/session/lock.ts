import * as z from 'zod'
import { type Sh, sh } from '../language/sh.ts'
import { pairs } from './pairs.ts'
import { LockedError } from './session.ts'
import { whoami } from './whoami.ts'

/** What a run asks of a host before anything else: to be its only one, or to be told of another. */
export interface Claim {
  /** The run's id: a connection made anew waits for what its own run has left under way. */
  readonly run: string
  /** `take` holds the host for as long as the session lasts; `look` takes nothing and waits for nobody (a dry run). */
  readonly mode: 'take' | 'look'
  /** Seconds to wait for another live run. None unless given. */
  readonly wait?: number
  /** Seconds to wait for a command that a dead run has left under way. 60 unless given. */
  readonly orphans?: number
}

/** A command of ours ends by its own deadline; this is beyond all of them. Seconds. */
const OWN = 3600
/** Between two looks. Milliseconds. */
const PAUSE = 500

/**
 * Asks for the lock, for the loop's own shell (loop.ts): flock(1) on descriptor 9, which no job inherits, so it ends with
 * this shell and with nothing else. The file says who holds it. A run is alive while the process that its shell was
 * started by is (sshd's for its connection; sudo's are passed over): a shell whose runner is gone goes on only until its
 * command has ended. `job` names the command under way, which may outlive even its shell.
 *
 * Root's lock is in a folder of root's; others have one for themselves. One process is all it costs.
 */
export const attempt = (claim: Claim, root: string): Sh => sh`
__born() { local s; REPLY=; read -r s < "/proc/$1/stat" || return; s=\${s##*) }; set -- $s; REPLY=\${20}; } 2> /dev/null
__alive() { [ -n "$2" ] && __born "$1" && [ "$REPLY" = "$2" ]; }
__keeper() {
  local pid=$PPID name s
  while read -r name < "/proc/$pid/comm" && [ "$name" = sudo ]; do
    read -r s < "/proc/$pid/stat" || break; s=\${s##*) }; set -- $s; pid=$2
  done 2> /dev/null
  REPLY=$pid
}
__ours() { local words; mapfile -d '' -t words < "/proc/$1/cmdline" && [[ \${words[*]} == *trueup-ready* ]]; } 2> /dev/null
__job() { # FILE
  local job dir words s
  read -r job < "$1" && __ours "$job" || return
  printf 'job=%s\n' "$job"
  for dir in /proc/[0-9]*; do
    read -r s < "$dir/stat" && s=\${s##*) } && set -- $s && [ "$3" = "$job" ] && ! __ours "\${dir#/proc/}" || continue
    mapfile -d '' -t words < "$dir/cmdline" && [ -n "\${words[*]}" ] || continue
    words=\${words[*]}; printf 'doing=%s\n' "\${words//[[:cntrl:]]/ }"; break
  done
} 2> /dev/null
__claim() { # ROOT MODE RUN WHO PID
  local dir=$1/run/trueup lines shell keeper job since s
  [ "$UID" = 0 ] || dir=$1/tmp/trueup-$UID
  if [ "$2" = look ]; then
    mapfile -t lines < "$dir/lock" || { echo lock=free; return; }
    for s in "\${lines[@]}"; do [[ $s != shell=* ]] || shell=\${s#shell=}; done
    if __alive \${shell-0 ''}; then echo lock=held; printf '%s\n' "\${lines[@]}"; __job "$dir/job"; else echo lock=free; fi
    return 0
  fi 2> /dev/null
  [ -d "$dir" ] || mkdir -p -m 0700 -- "$dir" || return
  [ ! -L "$dir" ] && [ -O "$dir" ] || { echo "$dir belongs to somebody else" >&2; return 1; }
  [ /dev/fd/9 -ef "$dir/lock" ] || { umask 077; exec 9<> "$dir/lock"; umask 022; } || return
  if ! flock -n 9; then
    echo lock=held
    mapfile -t lines < "$dir/lock"
    printf '%s\n' "\${lines[@]}"
    for s in "\${lines[@]}"; do [[ $s != keeper=* ]] || keeper=\${s#keeper=}; done
    __alive \${keeper-0 ''} && echo live=yes || __job "$dir/job"
    return 0
  fi
  echo lock=taken
  if { read -r job < "$dir/job"; } 2> /dev/null && __ours "$job"; then __job "$dir/job"; return 0; fi
  __busy=$dir/job
  printf -v since '%(%s)T' -1
  __born $$; shell="$$ $REPLY"
  __keeper; keeper=$REPLY; __born "$keeper"; keeper+=" $REPLY"
  printf '%s\n' "run=$3" "who=$4" "pid=$5" "from=\${SSH_CONNECTION%% *}" "shell=$shell" "keeper=$keeper" "since=$since" > "$dir/lock"
}
printf 'now=%(%s)T\n' -1
__claim ${root} ${claim.mode} ${claim.run} ${whoami()} ${process.pid}`

const Answer = z.object({
  now: z.coerce.number(),
  lock: z.enum(['taken', 'held', 'free']),
  run: z.string().default(''),
  who: z.string().default('somebody'),
  pid: z.string().default('?'),
  from: z.string().default(''),
  since: z.coerce.number().optional(),
  live: z.literal('yes').optional(),
  job: z.string().optional(),
  doing: z.string().optional(),
})

/** What an attempt came to. */
export type Found = z.infer<typeof Answer>

/** Reads what `attempt` printed. @throws z.ZodError */
export const parseFound = (stdout: string): Found => Answer.parse(pairs(stdout))

const ago = (seconds: number): string =>
  seconds < 120
    ? `${Math.max(0, seconds)} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`

/** `nika@laptop (pid 4711, from 192.0.2.7), since 2026-11-24 18:55:36 UTC, for 3 min`. */
const holder = ({ who, pid, from, since, now }: Found): string => {
  const when =
    since === undefined
      ? ''
      : `, since ${new Date(since * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC, for ${ago(now - since)}`
  return `${who} (pid ${pid}${from === '' ? '' : `, from ${from}`})${when}`
}

const command = ({ job, doing }: Found): string =>
  `process group ${job ?? 'unknown'}${doing === undefined ? '' : `: ${doing.slice(0, 200)}`}`

const orphan = (found: Found): string =>
  `a command of an earlier run is still under way there, and its run is gone: ${found.lock === 'held' ? `${holder(found)}; ` : ''}${command(found)}`

const advice = {
  live: 'wait for it to end, or say --lock-wait SECONDS',
  orphan: 'nothing ends it from here; try again when it is done',
}

const describe = (name: string, found: Found, kind: 'own' | 'live' | 'orphan'): string =>
  kind === 'orphan'
    ? `${name}: ${orphan(found)}; ${advice.orphan}`
    : `${name}: another run holds this host: ${holder(found)}; ${advice.live}`

const kindOf = (found: Found, claim: Claim): 'own' | 'live' | 'orphan' => {
  if (found.lock === 'held' && found.run === claim.run) return 'own'
  return found.live === 'yes' ? 'live' : 'orphan'
}

/** Seconds that the clocks of a host and of this machine may differ by. */
const SKEW = 60

/** What a person should know where the clocks differ; the answer was under way for some of the time. */
const skewed = ({ now }: Found, sent: number, received: number): string | undefined => {
  const off = Math.round(now < sent ? now - sent : Math.max(0, now - received))
  if (Math.abs(off) <= SKEW) return undefined
  return `its clock is ${ago(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} this machine's: certificates and package lists may count as expired or as not valid yet; one of the two is wrong (date -u here and there, chronyc tracking)`
}

/**
 * Takes the lock, or looks whether another run has it; says so where the host's clock is wrong.
 *
 * @param ask - makes an attempt on the host
 * @param say - told what is waited for, and what a dry run should know
 * @returns whether it had to wait: what was read from the host meanwhile is old
 * @throws LockedError
 */
export const take = async (
  name: string,
  claim: Claim,
  ask: () => Promise<Found>,
  say: (message: string) => void = () => {},
): Promise<boolean> => {
  const started = performance.now()
  for (let tries = 0; ; tries += 1) {
    const sent = Date.now() / 1000
    const found = await ask()
    const skew = tries === 0 ? skewed(found, sent, Date.now() / 1000) : undefined
    if (skew !== undefined) say(skew)
    if (claim.mode === 'look') {
      if (found.lock === 'held') say(`another run is under way, so this may be out of date soon: ${holder(found)}`)
      return false
    }
    if (found.lock === 'taken' && found.job === undefined) return tries > 0
    const kind = kindOf(found, claim)
    const { wait = 0, orphans = 60 } = claim
    const patience = { own: OWN, live: wait, orphan: Math.max(wait, orphans) }[kind]
    if (performance.now() - started >= patience * 1000) throw new LockedError(describe(name, found, kind))
    if (tries === 0 && kind !== 'own')
      say(kind === 'live' ? `waits for another run: ${holder(found)}` : `waits, since ${orphan(found)}`)
    await new Promise((resume) => setTimeout(resume, PAUSE))
  }
}
