import type { State } from '../../lib/index.ts'
import { ANYWHERE, holds } from './address.ts'

/** A connection that must get in: the port that it came in by, and the address that it came from (any, where unknown). */
export interface Arrival {
  readonly port: number
  readonly from?: string
}

/** A rule about what comes in: interface, source, its ports, destination, its ports, protocol. */
const INCOMING =
  /^in(?: on (\S+))? from (\S+)(?: app \S+)?(?: port (\S+))? to (\S+)(?: app \S+)?(?: port (\S+))?(?: proto (\S+))?$/

const covers = (ports: string | undefined, port: number): boolean =>
  ports === undefined ||
  ports.split(',').some((range) => {
    const [first, last = first] = range.split(':').map(Number)
    return first !== undefined && last !== undefined && first <= port && port <= last
  })

/** Whether a rule is about a connection: `perhaps` where that depends on what is not known of it. */
const about = (key: string, { port, from }: Arrival): 'yes' | 'perhaps' | 'no' => {
  if (!key.startsWith('in ')) return 'no'
  const [, via, source, clients, host, ports, proto] = INCOMING.exec(key) ?? []
  if (source === undefined || host === undefined) return 'perhaps'
  const version = from?.includes(':') === true ? 6 : 4
  const fits = from === undefined ? source === ANYWHERE[version] : holds(source, from.replace(/%.*/, ''))
  if (!fits || !covers(ports, port) || !['tcp', undefined].includes(proto)) return 'no'
  return via === undefined && clients === undefined && host === ANYWHERE[version] ? 'yes' : 'perhaps'
}

/**
 * Whether the stored rules let a TCP connection in: the first that is about it decides. What is about one interface, one
 * destination or the client's port may or may not be; it counts only where it would keep the connection out.
 */
export const admits = (rules: State, arrival: Arrival): boolean => {
  for (const [key, value] of Object.entries(rules)) {
    const fits = value === null ? 'no' : about(key, arrival)
    if (fits === 'yes') return /^(allow|limit)\b/.test(String(value))
    if (fits === 'perhaps' && !/^allow\b/.test(String(value))) return false
  }
  return false
}
