import { ANYWHERE, type IpVersion } from './address.ts'
import type { Stored } from './rule.ts'

/** `_` separates direction and interface in a tuple: `in_eth0`, `in_eth0!out_eth1`. */
const ways = (field: string): string =>
  field
    .split('!')
    .map((way) => way.replace('_', ' on '))
    .join(' ')

const side = (word: string, where: string, port: string, app: string): string =>
  ` ${word} ${where}` + (app === '-' ? '' : ` app ${app}`) + (port === 'any' ? '' : ` port ${port}`)

/**
 * One `### tuple ###` line of user.rules or user6.rules (ufw 0.36, backend_iptables.py, _write_rules): action, protocol,
 * destination port, destination, source port, source, [destination app, source app,] direction and interface, comment.
 */
const parseTuple = (line: string, version: IpVersion): Stored => {
  const [tuple = '', hex] = line.replace(/^### tuple ### */, '').split(' comment=')
  const fields = tuple.trim().split(/\s+/)
  if (fields.length < 6 || fields.length > 9) throw new Error(`ufw stored a rule that is not understood: ${line}`)
  const [action = '', proto = '', dport = '', dst = '', sport = '', src = '', ...rest] = fields
  const [dapp = '-', sapp = '-'] = rest.length >= 2 ? rest : []
  const way = rest.length % 2 === 1 ? (rest.at(-1) ?? 'in') : 'in'
  const [verb = '', log] = action.replace(/^route:/, '').split('_')
  const key =
    `${action.startsWith('route:') ? 'route ' : ''}${ways(way)}` +
    `${side('from', anywhere(src, version), sport, sapp)}${side('to', anywhere(dst, version), dport, dapp)}` +
    (proto === 'any' ? '' : ` proto ${proto}`)
  const comment = hex === undefined ? '' : ` # ${Buffer.from(hex.trim(), 'hex').toString()}`
  return { version, key, value: `${verb}${log === undefined ? '' : ` ${log}`}${comment}` }
}

const anywhere = (text: string, version: IpVersion): string =>
  text === ANYWHERE[4] || text === ANYWHERE[6] ? ANYWHERE[version] : text

/** The rules in a user.rules or user6.rules, in their order. @throws Error for a line that cannot be understood */
export const parseRules = (file: string, version: IpVersion): readonly Stored[] =>
  file.split('\n').flatMap((line) => (line.startsWith('### tuple ###') ? [parseTuple(line, version)] : []))

/** Settings in the shell's form (`ENABLED=yes`, `IPV6="no"`), as ufw reads them: names and values in lower case. */
export const parseSettings = (file: string): ReadonlyMap<string, string> => {
  const settings = new Map<string, string>()
  for (const line of file.split('\n')) {
    const [, name, value] = /^(\w+)=["']?(\w+)/.exec(line) ?? []
    if (name !== undefined && value !== undefined) settings.set(name.toLowerCase(), value.toLowerCase())
  }
  return settings
}
