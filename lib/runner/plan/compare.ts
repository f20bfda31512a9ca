import type { Value } from '../../language/state.ts'
import type { Planned, PlannedChange } from './planned.ts'

/** The host, or what is wanted of it, is no longer what the plan was made for. Exit code 5. */
export class StaleError extends Error {
  override readonly name = 'StaleError'
}

const id = ({ role, task }: Planned): string => `${role} “${task}”`

/** What has moved between two plans of the same host; nothing where they say the same. */
export const moved = (saved: readonly Planned[], now: readonly Planned[]): string[] => {
  const found = new Map(now.map((one) => [id(one), one]))
  const known = new Set(saved.map(id))
  return [
    ...saved.flatMap((one) => {
      const other = found.get(id(one))
      const text = other === undefined ? 'is no task any more' : unlike(one, other)
      return text === undefined ? [] : [`${id(one)} ${text}`]
    }),
    ...now.flatMap((one) => (known.has(id(one)) ? [] : [`${id(one)} is a new task`])),
  ]
}

/** How one step of two plans differs, if it does. What was unknown may have become anything. */
const unlike = (saved: Planned, now: Planned): string | undefined => {
  if (saved.status === 'unknown') return undefined
  const text = otherStatus(saved, now)
  if (text !== undefined) return text
  const keys = new Set([...saved.changes, ...now.changes].map(({ key }) => key))
  for (const key of keys) {
    const [before, after] = [saved, now].map(({ changes }) => changes.find((one) => one.key === key))
    const difference = differs(before, after)
    if (difference !== undefined) return difference
  }
  return saved.how === now.how ? undefined : 'would be done in another way'
}

/**
 * Whether what is found in a task's turn departs from its plan, and how. What was absent when the plan was made may have
 * come with an earlier step of the same run (a package brings its files), so that then less is left to be done.
 */
export const departs = (saved: Planned, now: Planned): string | undefined => {
  if (saved.status === 'unknown') return undefined
  const text = otherStatus(saved, now)
  if (text !== undefined) return text
  for (const before of saved.changes) {
    const after = now.changes.find(({ key }) => key === before.key)
    const difference = before.was === null ? undefined : differs(before, after)
    if (difference !== undefined) return difference
  }
  for (const after of now.changes) {
    const before = saved.changes.find(({ key }) => key === after.key)
    if (before === undefined || before.is !== after.is) return differs(before, after)
  }
  return undefined
}

const otherStatus = (saved: Planned, now: Planned): string | undefined => {
  if (saved.status === now.status) return undefined
  if (now.status === 'unknown') return `can be known only after “${now.waitsFor ?? ''}”`
  if (now.status === 'ok') return 'was to be changed, and is as wanted already'
  return `was as wanted, and is not now${now.changes.map((change) => `; ${arrow(change)}`).join('')}`
}

const differs = (before: PlannedChange | undefined, after: PlannedChange | undefined): string | undefined => {
  if (before === undefined) return after && `was not to be changed in this: ${arrow(after)}`
  if (after === undefined) return `${before.key} was ${show(before.from)}, and is ${show(before.to)} already`
  if (before.was !== after.was)
    return `${before.key} was ${show(before.from)}, and is ${other(before.from, after.from)} now`
  if (before.is !== after.is)
    return `${before.key} was to be ${show(before.to)}, and is to be ${other(before.to, after.to)} now`
  return undefined
}

const arrow = ({ key, from, to }: PlannedChange): string => `${key}: ${show(from)} → ${show(to)}`

const show = (value: Value): string => (value === null ? 'absent' : value === '' ? '""' : String(value))

/** Two things that may look the same to people, and are not. */
const other = (before: Value, after: Value): string => (before === after ? `another ${show(after)}` : show(after))
