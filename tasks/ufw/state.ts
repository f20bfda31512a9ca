import { family, sh, type State } from '../../lib/index.ts'
import type { IpVersion } from './address.ts'
import { differences, parseTable, type Source } from './kernel.ts'
import { type PublishedState, storedBlock } from './published.ts'
import { parseRules, parseSettings } from './stored.ts'

/** What ufw is set to, and whether the kernel does it. Where ufw is not installed its settings are `null`. */
export interface UfwState extends State {
  enabled: boolean
  logging: string | null
  incoming: string | null
  outgoing: string | null
  routed: string | null
  /** Rules are kept for IPv6 too. */
  ipv6: boolean | null
  /** The kernel speaks IPv6. */
  hasIpv6: boolean
  /**
   * `off`, `as stored`, or what is not: the firewall as it is at work, compared with the stored rules, the policies and
   * the hooks. Sees `iptables -D`, `-F`, `nft flush ruleset` and rules put into ufw's own chains by hand.
   */
  kernel: string
}

/** Text files by builtins alone: no process for each of them. */
const READ = sh`
for file in /etc/ufw/ufw.conf /etc/default/ufw /etc/ufw/{before,after,user}{,6}.rules; do
  [ -e "$file" ] || continue
  { IFS= read -rd '' text || :; } < "$file" || exit
  printf '%s\0%s\0' "$file" "$text"
done
[ ! -d /proc/sys/net/ipv6 ] || printf 'ipv6\0yes\0'
[ -e /etc/ufw/ufw.conf ] && command -v ufw iptables-save ip6tables-save >/dev/null || exit 0
printf 'v4\0'; iptables-save -t filter || exit
[ -d /proc/sys/net/ipv6 ] || exit 0
printf '\0v6\0'; exec ip6tables-save -t filter`

const WORDS: Readonly<Record<string, string>> = { accept: 'allow', drop: 'deny', reject: 'reject' }

const sections = (stdout: string): ReadonlyMap<string, string> => {
  const fields = stdout.split('\0')
  return new Map(fields.flatMap((name, index) => (index % 2 === 0 ? [[name, fields[index + 1] ?? ''] as const] : [])))
}

const inKernel = (found: ReadonlyMap<string, string>, settings: ReadonlyMap<string, string>): string => {
  const v4 = parseTable(found.get('v4') ?? '')
  if (settings.get('enabled') !== 'yes') return v4.chains.has('ufw-user-input') ? 'on' : 'off'
  const source: Source = {
    file: (name) => found.get(`/etc/ufw/${name}`) ?? '',
    policy: (way) => (settings.get(`default_${way}_policy`) ?? '').toUpperCase(),
  }
  const v6 = found.has('v6') ? parseTable(found.get('v6') ?? '') : undefined
  const closed = ['INPUT', 'OUTPUT', 'FORWARD'].filter((chain) => v6?.policies.get(chain) !== 'DROP')
  const wrong = [
    ...differences(4, v4, source),
    ...(v6 === undefined
      ? []
      : settings.get('ipv6') === 'yes'
        ? differences(6, v6, source)
        : closed.map((chain) => `${chain} (IPv6)`)),
  ]
  return wrong.length === 0 ? 'as stored' : `differs in ${wrong.slice(0, 3).join(', ')}${wrong.length > 3 ? ' …' : ''}`
}

const parseState = (found: ReadonlyMap<string, string>): UfwState => {
  const settings = parseSettings(`${found.get('/etc/default/ufw') ?? ''}\n${found.get('/etc/ufw/ufw.conf') ?? ''}`)
  const policy = (way: string) => WORDS[settings.get(`default_${way}_policy`) ?? ''] ?? null
  const ipv6 = settings.get('ipv6')
  return {
    enabled: settings.get('enabled') === 'yes',
    logging: settings.get('loglevel') ?? null,
    incoming: policy('input'),
    outgoing: policy('output'),
    routed: policy('forward'),
    ipv6: ipv6 === undefined ? null : ipv6 === 'yes',
    hasIpv6: found.has('ipv6'),
    kernel: inKernel(found, settings),
  }
}

/** One key for each rule of each family that ufw keeps rules for, in the order in which the kernel goes through them. */
const parseStored = (found: ReadonlyMap<string, string>): State =>
  Object.fromEntries(
    (parseState(found).ipv6 === true ? ([4, 6] as const) : ([4] as const)).flatMap((version) =>
      parseRules(found.get(`/etc/ufw/user${version === 4 ? '' : '6'}.rules`) ?? '', version).map(
        ({ key, value }) => [key, value] as const,
      ),
    ),
  )

const parsePublished = (found: ReadonlyMap<string, string>, version: IpVersion): PublishedState | Error => {
  try {
    const block = storedBlock(found.get(`/etc/ufw/after${version === 4 ? '' : '6'}.rules`) ?? '')
    return { enabled: parseState(found).enabled, block }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

const answer = (found: ReadonlyMap<string, string>, key: string): State | Error => {
  if (key === 'rules') return parseStored(found)
  return key === 'state' ? parseState(found) : parsePublished(found, key === 'published' ? 4 : 6)
}

/** ufw(8) itself takes a fifth of a second to say less; these are its files and the kernel's tables, read once for both. */
const ufw = family<State>({
  name: 'ufw',
  read: () => READ,
  parse: (stdout, keys) => {
    const found = sections(stdout)
    return new Map(keys.map((key) => [key, answer(found, key)]))
  },
})

/** What ufw is set to, and what the kernel does: see {@link UfwState}. */
export const state = ufw('state')

/** Our block in after.rules and after6.rules: see published.ts. */
export const published = { 4: ufw('published'), 6: ufw('published6') } as const

/** Every stored rule: `'in from 0.0.0.0/0 to 0.0.0.0/0 port 22 proto tcp': 'allow # ssh'`. */
export const rules = ufw('rules')
