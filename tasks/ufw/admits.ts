import type { State } from '../../lib/index.ts'
import { ANYWHERE, holds } from './address.ts'

/** A connection that must get in. */
export interface Arrival {
  readonly port: number
  readonly from?: string
}

/** A rule that is about any interface and any address of this host. */
const SIMPLE = /^in from (\S+) to (?:0\.0\.0\.0\/0|::\/0)(?: app \S+)?(?: port (\S+))?(?: proto (\S+))?$/

const covers = (ports: string | undefined, port: number): boolean =>
  ports === undefined ||
  ports.split(',').some((range) => {
    const [first, last = first] = range.split(':').map(Number)
    return first !== undefined && last !== undefined && first <= port && port <= last
  })

/**
 * Whether the stored rules let a TCP connection in: the first that is about it decides. What is about one interface or
 * one destination may or may not be; it counts only where it would keep the connection out.
 */
export const admits = (rules: State, { port, from }: Arrival): boolean => {
  const version = from?.includes(':') === true ? 6 : 4
  const about = (source: string): boolean => (from === undefined ? source === ANYWHERE[version] : holds(source, from))
  for (const [key, value] of Object.entries(rules)) {
    const [, source, ports, proto] = SIMPLE.exec(key) ?? []
    if (source === undefined || !about(source) || !covers(ports, port) || !['tcp', undefined].includes(proto)) continue
    return /^(allow|limit)\b/.test(String(value))
  }
  return false
}
