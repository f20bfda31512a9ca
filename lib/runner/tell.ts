import type { Emit, Event } from '../events.ts'
import { mask } from '../language/mask.ts'
import { brief, type Change, type Value } from '../language/state.ts'
import type { Task } from '../language/task.ts'

const short = (value: Value): Value => (typeof value === 'string' && value !== '' ? brief(value) : value)

/** Changes as they may be shown: values that a secret could be told from by name only, whole texts by size and hash. */
export const presentable = (changes: readonly Change[], task: Task): Change[] => {
  const sensitive = new Set('sensitive' in task ? task.sensitive : [])
  return changes.map(({ key, from, to }) =>
    sensitive.has(key)
      ? { key, from: from === null ? null : '‹secret›', to: to === null ? null : '‹secret›' }
      : { key, from: short(from), to: short(to) },
  )
}

/** Changes as they may be shown, and in words where the task has any. */
export const told = (changes: readonly Change[], task: Task): { changes: Change[]; words?: readonly string[] } => {
  const shown = presentable(changes, task)
  return { changes: shown, ...('words' in task && task.words !== undefined && { words: task.words(shown) }) }
}

/** A value with every known secret in it replaced by its name. */
export const maskDeep = (value: unknown): unknown => {
  if (typeof value === 'string') return mask(value)
  if (Array.isArray(value)) return value.map(maskDeep)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [mask(key), maskDeep(inner)]))
}

const DIGEST = /^‹(?!secret).*›$|^[0-9a-f]{40,}$/

/** A presentable value as it may be kept in plans and journals: from a plain hash a short secret could be guessed. */
export const lasting = (value: Value): Value => {
  if (typeof value !== 'string') return value
  return DIGEST.test(value) ? '‹content›' : mask(value)
}

/** Every event passes here on its way to the reporters: whatever is in it, no secret is. */
export const masked =
  (emit: Emit): Emit =>
  (event) =>
    // Masking replaces text inside strings and leaves the shape as it is.
    emit(maskDeep(event) as Event)
