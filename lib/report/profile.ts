import { plural } from './counts.ts'
import { printable } from './style.ts'

/** What one request took. */
export interface Trip {
  /** Milliseconds from the request to the whole answer. */
  readonly ms: number
  /** Bytes of the script that was sent, and of what came back. */
  readonly out: number
  readonly in: number
  /** Its commands in order, each with the milliseconds until its end was seen: a kind of question, or changes. */
  readonly parts: readonly { readonly name: string; readonly ms: number }[]
}

/** Where the time of one host's turn went. */
export interface HostProfile {
  readonly host: string
  /** Milliseconds of each connection that was made. */
  readonly connections: readonly number[]
  readonly trips: readonly Trip[]
  /** What was done, and how long the host was waited for. */
  readonly tasks: readonly { readonly name: string; readonly ms: number }[]
}

/** Where the time of a run went. */
export interface RunProfile {
  /** The runner's own, in order: what, and milliseconds. */
  readonly phases: readonly { readonly name: string; readonly ms: number }[]
  readonly hosts: readonly HostProfile[]
}

/** How many of the slowest are named. */
const NAMED = 8

/** Where the time of a run went, for people. */
export const profileText = ({ phases, hosts }: RunProfile): string[] => [
  `where the time went: ${phases.map(({ name, ms }) => `${name} ${took(ms)}`).join(', ')}`,
  ...hosts.flatMap(ofHost),
]

const ofHost = ({ host, connections, trips, tasks }: HostProfile): string[] => {
  const ways = connections.length === 1 ? 'connected in' : `connected ${connections.length} times, in`
  const waited = took(trips.reduce((sum, { ms }) => sum + ms, 0))
  return [
    `${host}  ${ways} ${connections.map(took).join(', ') || 'no time'}; ${plural(trips.length, 'request')}, ${waited}`,
    ...trips.map(
      (trip, index) => `  request ${index + 1}  ${took(trip.ms)}, ${size(trip.out)} out, ${size(trip.in)} in`,
    ),
    ...slowest('asked', summed(trips.flatMap(({ parts }) => parts))),
    ...slowest('done', tasks),
  ]
}

/** One entry for each name. */
const summed = (parts: readonly { readonly name: string; readonly ms: number }[]) => {
  const sums = new Map<string, number>()
  for (const { name, ms } of parts) sums.set(name, (sums.get(name) ?? 0) + ms)
  return Array.from(sums, ([name, ms]) => ({ name, ms }))
}

const slowest = (word: string, all: readonly { readonly name: string; readonly ms: number }[]): string[] => {
  const sorted = all.toSorted((one, other) => other.ms - one.ms)
  const rest = sorted.slice(NAMED)
  const others =
    rest.length === 0 ? [] : [`  ${word}  ${rest.length} more  ${took(rest.reduce((sum, { ms }) => sum + ms, 0))}`]
  return [...sorted.slice(0, NAMED).map(({ name, ms }) => `  ${word}  ${printable(name)}  ${took(ms)}`), ...others]
}

const took = (ms: number): string => `${Math.round(ms)} ms`

const size = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} kB`)
