import { sha256 } from './blob.ts'

/** One thing known about something on a host; `null` means that it is not there. */
export type Value = string | number | boolean | null

/** What is known about one thing. Flat, so that comparing, merging and printing need no recursion. */
export type State = Readonly<Record<string, Value>>

/** One key that is not as wanted. */
export interface Change {
  readonly key: string
  readonly from: Value
  readonly to: Value
}

/** The keys of `now` that differ from `want`; with `exactly`, whatever else is there is unwanted (drift towards `null`). */
export const changes = (want: State, now: State, exactly: boolean): Change[] => {
  const wanted = Object.entries(want).flatMap(([key, to]) => {
    const from = Object.hasOwn(now, key) ? (now[key] ?? null) : null
    return from === to ? [] : [{ key, from, to }]
  })
  if (!exactly) return wanted
  const extra = Object.entries(now).flatMap(([key, from]) =>
    from === null || Object.hasOwn(want, key) ? [] : [{ key, from, to: null }],
  )
  return [...wanted, ...extra]
}

/** The state once the changes have been made. */
export const settle = (now: State, made: readonly Change[]): State => ({
  ...now,
  ...Object.fromEntries(made.map(({ key, to }) => [key, to])),
})

const LONG = 200

/** A value as people read it; whole texts by their size and hash. */
export const brief = (value: Value): string => {
  if (value === null) return 'absent'
  if (value === '') return '""'
  if (typeof value !== 'string' || (value.length <= LONG && !value.includes('\n'))) return String(value)
  return `‹${Buffer.byteLength(value)} B sha256:${sha256(value).slice(0, 8)}…›`
}
