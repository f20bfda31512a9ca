import type { IpVersion } from './address.ts'
import { CHAIN } from './published.ts'
import { MARK } from './rebuild.ts'

type Chains = Map<string, string[]>

/** The filter table as iptables-save(8) prints it. */
export interface Table {
  readonly policies: ReadonlyMap<string, string>
  /** The rules of each chain, as they follow the chain's name. */
  readonly chains: ReadonlyMap<string, readonly string[]>
}

/** What the stored rules are made of: file contents by name, and the default policies. */
export interface Source {
  readonly file: (name: string) => string
  readonly policy: (chain: 'input' | 'output' | 'forward') => string
}

const WAYS = ['input', 'output', 'forward'] as const

/** Reads `:CHAIN`, `-A CHAIN …` and `-I CHAIN …` lines of the filter table on top of what is there, as iptables-restore -n does. */
const load = (text: string, chains: Chains, policies = new Map<string, string>()): void => {
  let table = 'filter'
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim()
    if (table !== 'filter') continue
    const [, chain, policy] = /^:(\S+) (\S+)/.exec(line) ?? []
    if (chain !== undefined && policy !== undefined) {
      chains.set(chain, [])
      if (policy !== '-') policies.set(chain, policy)
    }
    const [, command, to, rule] = /^-([AI]) (\S+) (.*)/.exec(line) ?? []
    if (to === undefined || rule === undefined) continue
    const rules = chains.get(to) ?? []
    if (command === 'A') rules.push(rule)
    else rules.unshift(rule)
    chains.set(to, rules)
  }
}

export const parseTable = (saved: string): Table => {
  const chains: Chains = new Map()
  const policies = new Map<string, string>()
  load(saved, chains, policies)
  return { policies, chains }
}

/** The chains that ufw_start() in /lib/ufw/ufw-init-functions (0.36) makes of what is stored. */
const chainsOf = (prefix: string, six: '' | '6', { file, policy }: Source): Chains => {
  const chains: Chains = new Map()
  for (const name of ['before', 'after', 'user']) load(file(`${name}${six}.rules`), chains)
  for (const way of WAYS) {
    chains.set(`${prefix}-before-${way}`, [
      ...(chains.get(`${prefix}-before-${way}`) ?? []),
      `-j ${prefix}-user-${way}`,
    ])
    chains.set(`${prefix}-skip-to-policy-${way}`, [`-j ${policy(way)}`])
    chains.set(`${prefix}-reject-${way}`, policy(way) === 'REJECT' ? ['-j REJECT'] : [])
    chains.set(`${prefix}-track-${way}`, policy(way) === 'ACCEPT' ? ['-j ACCEPT', '-j ACCEPT'] : [])
  }
  return chains
}

const HOOKS = ['before-logging', 'before', 'after', 'after-logging', 'reject', 'track']

/** Written differently by ufw and by iptables-save, or said by default. */
const SAME: readonly (readonly [RegExp, string])[] = [
  [/ -m comment --comment ("(\\.|[^"\\])*"|\S+)/g, ''],
  [/ -p all\b/g, ''],
  [/ -m (tcp|udp)\b/g, ''],
  [/ --name DEFAULT --mask \S+ --rsource/g, ''],
  [/ --reject-with icmp6?-port-unreachable/g, ''],
  [/( -[sd] [0-9.]+)\/32\b/g, '$1'],
  [/( -[sd] [0-9a-f:]+)\/128\b/g, '$1'],
]

/** A rule of ufw's own making in a form of which there is but one: options sorted. */
export const canonical = (rule: string): string =>
  SAME.reduce((text, [pattern, to]) => text.replaceAll(pattern, to), ` ${rule}`)
    .split(/ (?=-)/)
    .filter((option) => option !== '')
    .sort()
    .join(' ')

const target = (rule: string): string => /(?:^| )-[jg] (\S+)/.exec(rule)?.[1] ?? ''

/**
 * How a chain is compared: rule by rule where ufw itself or we wrote them, else by where the rules lead, since
 * before.rules may say the same in many ways.
 */
const view = (chain: string): ((rule: string) => string) =>
  chain === CHAIN || /^ufw6?-user-(input|output|forward)$/.test(chain) ? canonical : target

/** What stands before ours in a chain of others may only refuse: fail2ban puts its chains first. */
const refuses = (rule: string): boolean => /^(DROP|REJECT|LOG|f2b-.*)$/.test(target(rule))

/**
 * Whether FORWARD asks DOCKER-USER before the engine's own chains, where it has any. Those that keep its networks apart
 * only refuse, and come first after some restarts of the engine.
 */
const asksFirst = (rules: readonly string[]): boolean => {
  const engine = rules.findIndex((rule) => /^DOCKER(?!-USER$|-ISOLATION-)/.test(target(rule)))
  const user = rules.indexOf('-j DOCKER-USER')
  return engine < 0 || (user >= 0 && user < engine)
}

const equal = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index])

/**
 * Where the kernel's table is not what the stored rules make of it. Chains of others (DOCKER-USER in after.rules) must
 * begin as stored.
 *
 * @returns names of chains; none when all is as stored
 */
export const differences = (version: IpVersion, live: Table, source: Source): readonly string[] => {
  const six = version === 4 ? '' : '6'
  const prefix = `ufw${six}`
  const wanted = chainsOf(prefix, six, source)
  const wrong = [...wanted].flatMap(([chain, rules]) => {
    if (['INPUT', 'OUTPUT', 'FORWARD'].includes(chain)) return []
    const found = live.chains.get(chain)
    const own = chain === CHAIN || chain.startsWith(`${prefix}-`)
    const first = own ? 0 : (found?.findIndex((rule) => !refuses(rule)) ?? 0)
    const compared = own ? found : found?.slice(first < 0 ? found.length : first).slice(0, rules.length)
    return compared !== undefined && equal(rules.map(view(chain)), compared.map(view(chain))) ? [] : [chain]
  })
  const builtin = WAYS.filter((way) => {
    const rules = live.chains.get(way.toUpperCase()) ?? []
    const hooks = rules.map(target).filter((name) => name.startsWith(`${prefix}-`))
    const policy = source.policy(way) === 'ACCEPT' ? 'ACCEPT' : 'DROP'
    return (
      live.policies.get(way.toUpperCase()) !== policy ||
      rules.some((rule) => rule.includes(`--comment ${MARK} `)) ||
      (way === 'forward' && wanted.has('DOCKER-USER') && !asksFirst(rules)) ||
      !equal(
        hooks,
        HOOKS.map((hook) => `${prefix}-${hook}-${way}`),
      )
    )
  })
  return [...builtin.map((way) => `${way.toUpperCase()}${version === 6 ? ' (IPv6)' : ''}`), ...wrong]
}
