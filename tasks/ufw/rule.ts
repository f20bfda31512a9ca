import { type Address, address, ANYWHERE, type IpVersion } from './address.ts'

export type Action = 'allow' | 'deny' | 'reject' | 'limit'

/** What a rule is about. Anything left out is “any”. */
export interface Match {
  /** A port (`22`) or a range of ports (`6000:6007`) of the destination. */
  readonly port?: number | string
  /** Up to 15 of them; needs `proto`. */
  readonly ports?: readonly (number | string)[]
  readonly proto?: 'tcp' | 'udp'
  /** An IPv4 or IPv6 address or range; the rule is then of that family only. */
  readonly from?: string
  readonly to?: string
  /** `in` unless given. */
  readonly direction?: 'in' | 'out'
  /** The interface that it comes in by, or goes out by. */
  readonly interface?: string
  /** Shown by `ufw status`. */
  readonly comment?: string
}

export interface Rule extends Match {
  readonly action: Action
}

/** A rule in one of the two families, as ufw stores it: what identifies it, and what it says. */
export interface Stored {
  readonly version: IpVersion
  /** What ufw compares: `in from 0.0.0.0/0 to 0.0.0.0/0 port 22 proto tcp`, in the words of its command line. */
  readonly key: string
  /** The rest: `allow`, or `allow # why`. */
  readonly value: string
}

const portNumber = (text: string): number => {
  const number = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > 65535) throw new TypeError(`not a port: ${JSON.stringify(text)}`)
  return number
}

/** Ports as ufw stores them: sorted, comma-separated. @throws TypeError */
export const portList = ({ port, ports = port === undefined ? [] : [port], proto }: Match): string => {
  if (port !== undefined && ports[0] !== port) throw new TypeError('a rule has `port` or `ports`, not both')
  const ranges = [...new Set(ports.map(String))].map((text) => {
    const [first = 0, last, ...more] = text.split(':').map(portNumber)
    if (more.length > 0 || (last !== undefined && last <= first))
      throw new TypeError(`not a range of ports: ${JSON.stringify(text)}`)
    return { first, text: last === undefined ? String(first) : `${first}:${last}`, weight: last === undefined ? 1 : 2 }
  })
  const weight = ranges.reduce((sum, one) => sum + one.weight, 0)
  if (weight > 15) throw new TypeError('a rule takes up to 15 ports, a range counting twice')
  if (weight > 1 && proto === undefined) throw new TypeError('several ports need `proto`')
  return ranges
    .sort((a, b) => a.first - b.first || a.weight - b.weight || Number(a.text.length - b.text.length))
    .map(({ text }) => text)
    .join(',')
}

export const interfaceName = (name: string): string => {
  if (!/^[a-zA-Z0-9_.+,=%@-]{1,15}$/.test(name) || name === '.' || name === '..' || name.startsWith('-'))
    throw new TypeError(`not the name of a network interface: ${JSON.stringify(name)}`)
  return name
}

const comment = (text: string): string => {
  if (/['\n\r\0]/.test(text) || text.trim() !== text || ['', 'log', 'log-all', 'comment'].includes(text))
    throw new TypeError(`ufw takes no such comment: ${JSON.stringify(text)}`)
  return text
}

const value = (rule: Rule): string =>
  rule.comment === undefined ? rule.action : `${rule.action} # ${comment(rule.comment)}`

interface Checked {
  readonly ports: string
  readonly from: Address | undefined
  readonly to: Address | undefined
  readonly via: string
}

const checked = (rule: Match): Checked => {
  const from = rule.from === undefined ? undefined : address(rule.from)
  const to = rule.to === undefined ? undefined : address(rule.to)
  if (from !== undefined && to !== undefined && from.version !== to.version)
    throw new TypeError(`a rule is about IPv4 or IPv6, not from ${from.text} to ${to.text}`)
  const via = rule.interface === undefined ? '' : ` on ${interfaceName(rule.interface)}`
  const ports = portList(rule)
  if (ports === '' && from === undefined && to === undefined && via === '')
    throw new TypeError('a rule needs a port, an address or an interface; for everything there is `defaults`')
  return { ports, from, to, via }
}

const words = (rule: Match, { ports, via }: Checked, from: string, to: string): string =>
  `${rule.direction ?? 'in'}${via} from ${from} to ${to}` +
  (ports === '' ? '' : ` port ${ports}`) +
  (rule.proto === undefined ? '' : ` proto ${rule.proto}`)

/**
 * A rule as ufw stores it: in both families where it names no address, else in the address's own.
 *
 * @throws TypeError for what ufw would refuse or change
 */
export const stored = (rule: Rule, versions: readonly IpVersion[] = [4, 6]): readonly Stored[] => {
  const parts = checked(rule)
  const own = parts.from?.version ?? parts.to?.version
  return versions
    .filter((version) => own === undefined || own === version)
    .map((version) => ({
      version,
      key: words(rule, parts, parts.from?.text ?? ANYWHERE[version], parts.to?.text ?? ANYWHERE[version]),
      value: value(rule),
    }))
}

/** The words after `ufw` that store a rule, in both families at once where both are asked for. */
export const adding = (rule: Rule, versions: readonly IpVersion[]): readonly string[] => {
  const parts = checked(rule)
  const [one, ...others] = versions
  const only = one !== undefined && others.length === 0 && parts.from === undefined && parts.to === undefined
  const any = only ? ANYWHERE[one] : 'any'
  const how = words(rule, parts, parts.from?.text ?? any, parts.to?.text ?? any)
  return [rule.action, ...how.split(' '), ...(rule.comment === undefined ? [] : ['comment', comment(rule.comment)])]
}

/** The words after `ufw` that remove what is stored; a rule made from an application profile goes with all its ports. */
export const removing = (key: string, value: string): readonly string[] => {
  const [rule = ''] = value.split(' # ', 1)
  const [action = '', log] = rule.split(' ')
  const how = / app /.test(key) ? key.replaceAll(/( app \S+) port \S+/g, '$1').replace(/ proto \S+$/, '') : key
  const [way = '', where] = how.replace(/^route /, '').split(/ (?=from )/, 2)
  return [
    ...(key.startsWith('route ') ? ['route'] : []),
    'delete',
    action,
    ...(key.startsWith('route ') && !way.includes(' on ') ? [] : way.split(' ')),
    ...(log === undefined ? [] : [log]),
    ...(where ?? '')
      .split(' ')
      .map((word, index, all) => (all[index - 1] === 'app' ? word.replaceAll('%20', ' ') : word)),
  ]
}

/** A rule as people read it, for titles: `allow 22/tcp`, `deny from 192.0.2.0/24`. */
export const describe = (rule: Rule): string => {
  const { ports, from, to, via } = checked(rule)
  const port = ports === '' ? '' : ` ${ports}${rule.proto === undefined ? '' : `/${rule.proto}`}`
  return (
    `${rule.action}${rule.direction === 'out' ? ' out' : ''}${port}` +
    (ports === '' && rule.proto !== undefined ? ` ${rule.proto}` : '') +
    (from === undefined ? '' : ` from ${from.text}`) +
    (to === undefined ? '' : ` to ${to.text}`) +
    via
  )
}
