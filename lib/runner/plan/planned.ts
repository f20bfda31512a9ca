import { quote } from '../../language/quote.ts'
import type { Step } from '../../language/judge.ts'
import { type Item, notified } from '../../language/plan.ts'
import type { Sh } from '../../language/sh.ts'
import type { Change } from '../../language/state.ts'
import type { Declared, Drift, Imperative } from '../../language/task.ts'
import { lasting, maskDeep, presentable } from '../tell.ts'
import type { Mark } from './mark.ts'

/** One key that is to be changed: as people may see it, and marked so that it can be told again. */
export interface PlannedChange extends Change {
  /** The mark of what was found; `null` where nothing was. */
  readonly was: string | null
  /** The mark of what is wanted; `null` where nothing is to be there. */
  readonly is: string | null
}

/** What a plan says of one task. */
export interface Planned {
  readonly role: string
  readonly task: string
  readonly status: 'ok' | 'would-change' | 'unknown'
  readonly changes: readonly PlannedChange[]
  /** The mark of the command and of the handlers behind it. */
  readonly how?: string
  /** What an unknown task waits for. */
  readonly waitsFor?: string
}

/** A step as a plan holds it: no secret in it, and no plain hash of anything. Nothing for a task that fails. */
export const planned = ({ role, task }: Item, step: Step, mark: Mark): Planned | undefined => {
  const base = { role, task: task.title, changes: [] }
  switch (step.kind) {
    case 'ok':
      return { ...base, status: 'ok' }
    case 'ask':
      return { ...base, status: 'would-change' }
    case 'unknown':
      return { ...base, status: 'unknown', waitsFor: step.waitsFor }
    case 'drift':
      return {
        ...base,
        status: 'would-change',
        changes: marked(step.task, step.drift, mark),
        how: howOf(step.task, step.drift, mark),
      }
    case 'failed':
    case 'unread':
      return undefined
  }
}

const marked = (task: Declared | Imperative, { changes }: Drift, mark: Mark): PlannedChange[] => {
  return changes.flatMap((change) =>
    presentable([change], task).map(({ key, from, to }) => ({
      key: String(maskDeep(key)),
      from: lasting(from),
      to: lasting(to),
      was: change.from === null ? null : mark(change.from),
      is: change.to === null ? null : mark(change.to),
    })),
  )
}

const howOf = (task: Declared | Imperative, drift: Drift, mark: Mark): string =>
  mark([task.kind === 'task' ? whole(task.apply(drift)) : '', notified(task).map(({ id, run }) => [id, whole(run)])])

/** The whole command, secrets and content included: for a mark only. */
const whole = (command: Sh): string =>
  command.render(
    (secret) => quote(`secret ${secret.reveal()}`),
    ({ sha256 }) => `< ${sha256}`,
  )
