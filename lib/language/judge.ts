import type { Probe } from './probe.ts'
import { brief, changes, type State } from './state.ts'
import type { Check, Declared, Derived, Drift, Imperative, Task } from './task.ts'

/** What is known about one probe: its state, that it could not be read, or that only a later moment will tell. */
export type Reading = { readonly state: State } | { readonly error: string } | { readonly waitsFor: string }

/** Where a judgement gets what is known; `undefined` is “not asked yet”. */
export interface View {
  get(probe: Probe): Reading | undefined
}

/** What is to be said of a task, given what is known. */
export type Step =
  | { readonly kind: 'ok'; readonly warning?: string }
  | { readonly kind: 'drift'; readonly task: Declared | Imperative; readonly drift: Drift }
  | { readonly kind: 'unknown'; readonly waitsFor: string }
  | { readonly kind: 'failed'; readonly message: string }
  /** These must be read first. */
  | { readonly kind: 'unread'; readonly probes: readonly Probe[] }
  /** Only its own check, run on the host, can say. */
  | { readonly kind: 'ask' }

/** Compares what a task wants with what is known. Pure: the same facts give the same step. */
export const judge = (task: Task, view: View): Step => {
  switch (task.kind) {
    case 'script':
      return { kind: 'ask' }
    case 'derive':
      return on(task.from, view, (state) => {
        const made = written(task, state)
        if (made instanceof Error) return { kind: 'failed', message: made.message }
        if (made.title !== task.title) {
          return {
            kind: 'failed',
            message: `a derived task is titled “${made.title}” where “${task.title}” was announced`,
          }
        }
        return judge(made, view)
      })
    case 'check':
      return on(task.want.probe, view, (state) => judgeCheck(task, state))
    case 'task':
    case 'run':
      return on(task.want.probe, view, (now) => {
        const found = changes(task.want.want, now, task.want.exactly)
        if (found.length === 0) return { kind: 'ok' }
        return { kind: 'drift', task, drift: { now, changes: found, keys: found.map(({ key }) => key) } }
      })
  }
}

/** A task that cannot be written from what was found fails, and nothing else does. */
const written = (task: Derived, state: State): ReturnType<Derived['make']> | Error => {
  try {
    return task.make(state)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

const on = (probe: Probe, view: View, then: (state: State) => Step): Step => {
  const reading = view.get(probe)
  if (reading === undefined) return { kind: 'unread', probes: [probe] }
  if ('waitsFor' in reading) return { kind: 'unknown', waitsFor: reading.waitsFor }
  if ('error' in reading) return { kind: 'failed', message: reading.error }
  return then(reading.state)
}

const judgeCheck = ({ want, level, say }: Check, now: State): Step => {
  const found = changes(want.want, now, want.exactly)
  if (found.length === 0) return { kind: 'ok' }
  const message = say({ now, changes: found })
  return level === 'warn' ? { kind: 'ok', warning: message } : { kind: 'failed', message }
}

/** The probes that a task will look at, as far as they are known before anything is read. */
export const probesOf = (task: Task): readonly Probe[] => {
  if (task.kind === 'script') return []
  return task.kind === 'derive' ? [task.from, ...task.reads] : [task.want.probe]
}

/** What is still wrong after an apply, as a sentence: `active is still false, not true`. */
export const stillWrong = ({ changes: left }: Drift): string =>
  left.map(({ key, from, to }) => `${key} is still ${brief(from)}, not ${brief(to)}`).join('; ')
