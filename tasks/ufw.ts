import {
  all,
  check,
  type Claim,
  derive,
  type Guard,
  sh,
  type Sh,
  type State,
  type Task,
  task,
  tells,
} from '../lib/index.ts'
import { unit, up } from './systemd.ts'
import { holds, type IpVersion } from './ufw/address.ts'
import { admits, type Arrival } from './ufw/admits.ts'
import { REBUILD } from './ufw/rebuild.ts'
import { publishedIn, type PublishedOptions } from './ufw/published.ts'
import { adding, describe, type Match, removing, type Rule, stored } from './ufw/rule.ts'
import { published as publishedAt, rules, state } from './ufw/state.ts'
import { changesInWords, inWords, settingsInWords } from './ufw/words.ts'

export type { Arrival } from './ufw/admits.ts'
export type { Opening, PublishedOptions } from './ufw/published.ts'
export type { Action, Match, Rule } from './ufw/rule.ts'
export { rules, state, type UfwState } from './ufw/state.ts'

/** What installing the package brings: for `installed(['ufw'], { ufw: provided })`. */
export const provided: readonly Claim[] = [
  state.is({
    enabled: false,
    logging: 'low',
    incoming: 'deny',
    outgoing: 'allow',
    routed: 'deny',
    ipv6: true,
    kernel: 'off',
  }),
  rules.exactly({}),
  publishedAt[4].is({ enabled: false, block: null }),
  publishedAt[6].is({ enabled: false, block: null }),
  unit('ufw.service').is({ ...up, active: false }),
]

/** ufw tells of a lock that another program (dockerd) holds, and goes on as if nothing were: asked again, up to ten times. */
const PATIENT = sh`ufw() { local n said
  for n in {1..10}; do
    said=$(command ufw "$@" 2>&1) && [[ $said != *'xtables lock'* ]] && return
    [[ $said == *'xtables lock'* ]] || break
    sleep 1
  done
  printf '%s\n' "$said" >&2; return 1
}
`

const ufw = (...commands: readonly (readonly string[])[]): Sh =>
  sh`{ ${PATIENT}${all(...commands.map((words) => sh`ufw ${words}`))}; }`

/** The firewall as it was, in its files and in the kernel: for changes that could keep out the ssh connection. */
export const guard: Guard = {
  files: ['/etc/default/ufw', '/etc/ufw/ufw.conf'].concat(
    ['user', 'before', 'after'].flatMap((name) => [`/etc/ufw/${name}.rules`, `/etc/ufw/${name}6.rules`]),
  ),
  undo: sh`if grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf; then
${REBUILD}
else /lib/ufw/ufw-init force-stop; fi`,
}

/** What is only stored shuts nobody out until the firewall is on. */
const whenOn = (found: State): Guard | undefined => (found['enabled'] === true ? guard : undefined)

/** The families that ufw keeps rules for; before it is installed, those that its package will. */
const versions = (found: State): readonly IpVersion[] =>
  found['hasIpv6'] === true && found['ipv6'] !== false ? [4, 6] : [4]

const additions = (list: readonly Rule[], families: readonly IpVersion[], keys: readonly string[]) =>
  list.flatMap((rule) => {
    const missing = stored(rule, families).filter(({ key }) => keys.includes(key))
    return missing.length === 0
      ? []
      : [adding(rule, missing.length > 1 ? families : missing.map(({ version }) => version))]
  })

const wanted = (list: readonly Rule[], families: readonly IpVersion[]): State =>
  Object.fromEntries(list.flatMap((rule) => stored(rule, families)).map(({ key, value }) => [key, value]))

/** @throws TypeError when two rules differ in nothing but what they do, which ufw takes for one rule */
const distinct = (list: readonly Rule[]): readonly Rule[] => {
  const seen = new Map<string, Rule>()
  for (const rule of list) {
    for (const { key } of stored(rule)) {
      const before = seen.get(key)
      if (before !== undefined)
        throw new TypeError(`“${describe(before)}” and “${describe(rule)}” are the same rule to ufw`)
      seen.set(key, rule)
    }
  }
  return list
}

/**
 * Rules that are stored, in IPv4 and IPv6 where they name no address; others are left alone. Comments count. ufw adds
 * new ones at the end.
 *
 * @throws TypeError for rules that ufw would refuse or write differently
 */
export const stores = (list: readonly Rule[], title = `ufw ${list.map(describe).join(', ')}`): Task => {
  distinct(list)
  return derive({
    title,
    from: state,
    reads: [rules],
    make: (found) =>
      task({
        title,
        want: rules.is(wanted(list, versions(found))),
        words: changesInWords,
        guard: () => (list.every(({ action }) => action === 'allow') ? undefined : whenOn(found)),
        apply: ({ keys }) => ufw(...additions(list, versions(found), keys)),
      }),
  })
}

/** What is stored once these rules and no others are: those that are there keep their places. */
const remaining = (found: State, list: readonly Rule[]): State => {
  const wants = wanted(list, [4, 6])
  return { ...Object.fromEntries(Object.entries(found).filter(([key]) => key in wants)), ...wants }
}

const refused = ({ port, from }: Arrival): string =>
  `refused: the rules of ufw would keep out the ssh connection that this comes by (port ${port}${from === undefined ? '' : ` from ${from}`}); ` +
  'let it in: name its address in `ufw.ssh.from` or `ufw.allow`, and remove rules of ufw that deny it before' +
  (from?.includes(':') === true ? '; for IPv6 /etc/default/ufw must say IPV6=yes' : '')

/** What no host has: the want of a check that is about something else than one probe's state. */
const NEVER = rules.is({ never: true })

const refusal = (title: string, ssh: Arrival) => check({ title, want: NEVER, level: 'fail', say: () => refused(ssh) })

export interface AdmitsOptions {
  /** The live ssh connection. */
  readonly ssh: Arrival
  /** The rules that will be left, where others are going to be removed. */
  readonly only?: readonly Rule[]
  /** Where ssh is meant to be reached from; anywhere unless given. */
  readonly ranges?: readonly string[]
}

/**
 * The stored rules let the ssh connection in: to stand before whatever closes the firewall further. Warns where that is
 * only so by a rule that is not about the ranges given.
 */
export const admitsSsh = ({ ssh, only, ranges = [] }: AdmitsOptions): Task => {
  const title = 'ufw admits ssh'
  const { from } = ssh
  const outside = from !== undefined && ranges.length > 0 && !ranges.some((range) => holds(range, from))
  return derive({
    title,
    from: rules,
    reads: [],
    make: (found) =>
      admits(only === undefined ? found : remaining(found, only), ssh)
        ? check({
            title,
            want: outside ? NEVER : rules.is({}),
            level: 'warn',
            say: () =>
              `${from} is not within ${ranges.join(', ')}: only another rule of ufw lets in the ssh connection that this comes by`,
          })
        : refusal(title, ssh),
  })
}

export interface OnlyOptions {
  readonly title?: string
  /** The live ssh connection: rules that would not let it in are refused, already by a dry run. */
  readonly ssh?: Arrival
}

/**
 * These rules and no others: what is not in the list is removed, once what is missing has been added.
 *
 * @throws TypeError for rules that ufw would refuse or write differently
 */
export const onlyRules = (list: readonly Rule[], { title = 'ufw has no other rules', ssh }: OnlyOptions = {}): Task => {
  distinct(list)
  return derive({
    title,
    from: state,
    reads: [rules],
    make: (found) => {
      const want = wanted(list, versions(found))
      if (ssh !== undefined && !admits(want, ssh)) return refusal(title, ssh)
      return task({
        title,
        want: rules.exactly(want),
        words: changesInWords,
        guard: () => whenOn(found),
        apply: ({ changes, now }) => {
          if (ssh !== undefined && !admits(remaining(now, list), ssh)) throw new Error(refused(ssh))
          const missing = changes.filter(({ to }) => to !== null).map(({ key }) => key)
          const foreign = changes.filter(({ to }) => to === null)
          const removals = foreign.map(({ key, from }) => removing(key, String(from)))
          const unique = new Map(removals.map((words) => [words.join('\0'), words]))
          return ufw(...additions(list, versions(found), missing), ...unique.values())
        },
      })
    },
  })
}

/** Warns of stored rules that are not in the list, and leaves them. */
export const tellsOthers = (list: readonly Rule[], title = 'ufw has no other rules'): Task => {
  const named = wanted(distinct(list), [4, 6])
  return tells({
    title,
    from: rules,
    say: (found) => {
      const others = Object.entries(found).filter(([key, value]) => value !== null && !(key in named))
      return others.length === 0
        ? undefined
        : `ufw has rules that the inventory does not name: ${inWords(others).join('; ')}; ` +
            'name them in `ufw.allow`, or have them removed by `ufw.exactly: true`'
    },
  })
}

/** `allow({ port: 443, proto: 'tcp' })`: lets it through. */
export const allow = (match: Match): Task => stores([{ ...match, action: 'allow' }])
/** Drops it without an answer. */
export const deny = (match: Match): Task => stores([{ ...match, action: 'deny' }])
/** Refuses it with an answer. */
export const reject = (match: Match): Task => stores([{ ...match, action: 'reject' }])
/** Lets it through, but refuses an address that connects six times in 30 seconds: also one that provisions the host. */
export const limit = (match: Match): Task => stores([{ ...match, action: 'limit' }])

type Policy = 'allow' | 'deny' | 'reject'

export interface Defaults {
  readonly incoming?: Policy
  readonly outgoing?: Policy
  readonly routed?: Policy
  /** Rules for IPv6 too; without them IPv6 is closed but for loopback. */
  readonly ipv6?: boolean
}

/** What becomes of packets that no rule is about. */
export const defaults = (wants: Defaults): Task =>
  task({
    title: `ufw default ${Object.entries(wants)
      .map(([way, policy]) => `${way} ${policy}`)
      .join(', ')}`,
    owns: [{ path: '/etc/default/ufw', part: true }],
    want: state.is({ ...wants }),
    words: settingsInWords,
    guard: ({ now }) => whenOn(now),
    provides: ({ keys }) => (keys.includes('ipv6') ? [rules.unsettled] : []),
    apply: ({ changes, now }) => {
      const policies = changes.filter(({ key }) => key !== 'ipv6').map(({ key, to }) => ['default', String(to), key])
      if (policies.length === changes.length) return ufw(...policies)
      const edit = sh`sed -i ${`s/^IPV6=.*/IPV6=${wants.ipv6 === true ? 'yes' : 'no'}/`} /etc/default/ufw`
      return all(
        edit,
        ...(policies.length === 0 ? [] : [ufw(...policies)]),
        ...(now['enabled'] === true ? [REBUILD] : []),
      )
    },
  })

/** How much is logged: `low` is ufw's own choice. */
export const logging = (level: 'off' | 'low' | 'medium' | 'high' | 'full'): Task =>
  task({
    title: `ufw logging ${level}`,
    want: state.is({ logging: level }),
    words: settingsInWords,
    apply: () => ufw(['logging', level]),
  })

/**
 * Ports that containers publish are closed from outside, but for those that are named: two tasks, one for each family.
 * To stand before {@link enabled}, which finds what is missing in the kernel.
 *
 * @throws TypeError for a bridge, a port or a range that cannot be
 */
export const published = (options: PublishedOptions): readonly Task[] =>
  ([4, 6] as const).map((version) =>
    publishedIn(publishedAt[version], state.is({ kernel: 'as stored' }), options, version),
  )

export interface EnabledOptions {
  /** The live ssh connection. */
  readonly ssh: Arrival
}

/**
 * The firewall is on, now and at boot, and the kernel does what is stored. Refused, already by a dry run, when no
 * stored rule lets the ssh connection in: rules on an interface or to one address are not counted.
 */
export const enabled = ({ ssh }: EnabledOptions): Task => {
  const title = 'ufw enabled'
  return derive({
    title,
    from: rules,
    reads: [state],
    make: (found) =>
      admits(found, ssh)
        ? task({
            title,
            want: state.is({ enabled: true, kernel: 'as stored' }),
            words: settingsInWords,
            guard,
            apply: ({ now }) =>
              now['enabled'] !== true
                ? all(ufw(['--force', 'enable']), ...(now['kernel'] === 'off' ? [] : [REBUILD]))
                : REBUILD,
          })
        : refusal(title, ssh),
  })
}
