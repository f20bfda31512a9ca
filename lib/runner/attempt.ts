import type { Item } from '../language/plan.ts'
import type { Sh } from '../language/sh.ts'
import type { Declared, Drift, Imperative } from '../language/task.ts'
import { LostError, type Output } from '../session/session.ts'
import { body, diff } from './diff.ts'
import { behind, context, withFirst } from './dollar.ts'
import { type Question } from './facts.ts'
import { failure, message, tail } from './failure.ts'
import type { HostLink } from './host.ts'

/** Seconds that an apply or a handler may take unless it says otherwise. */
export const APPLY_SECONDS = 300

/** What an apply lets people see. */
export interface Seen {
  readonly diff?: string
  readonly command?: string
  readonly output?: string
}

/** How an apply went; whether it did its work is for the reads behind it to say. */
export interface Attempt {
  readonly seen: Seen
  /** Why its command failed. */
  readonly wrong?: string
  /** The connection was lost on the way, and made again. */
  readonly lost?: true
}

/** The command of a task and what it printed, for -v. */
export const verbose = (on: boolean, command: Sh, ran: Output | undefined): Seen =>
  on && ran !== undefined
    ? {
        command: String(command),
        output: [tail(ran.stdout), tail(ran.stderr)].filter((text) => text !== '').join('\n'),
      }
    : {}

/**
 * Carries out one task's change; the reads ride in the same request where that is possible.
 *
 * @param first - what must be done before it, in the same request
 */
export const attempt = (
  host: HostLink,
  item: Item,
  task: Declared | Imperative,
  drift: Drift,
  first: readonly Sh[],
  reads: Question,
  show: Show,
): Promise<Attempt> =>
  task.kind === 'task'
    ? byCommand(host, item, task, drift, first, reads, show)
    : bySteps(host, item, task, drift, first, reads)

const byCommand = async (
  host: HostLink,
  item: Item,
  task: Declared,
  drift: Drift,
  first: readonly Sh[],
  reads: Question,
  show: Show,
): Promise<Attempt> => {
  const command = commandOf(task, drift)
  if (command instanceof Error) return { seen: {}, wrong: command.message }
  const before = bodyOf(task, show)
  const change = noted(host, item, task, command, first)
  const outputs = await host.change([...before, change], reads, task.timeout ?? APPLY_SECONDS)
  if (outputs === undefined) return { seen: {}, lost: true }
  return await came(task, command, outputs[before.length], before.length > 0 ? outputs[0] : undefined, show)
}

export interface Show {
  readonly diff: boolean
  readonly verbose: boolean
}

/** What to ask before a change, for its diff. */
export const bodyOf = ({ preview }: Declared, show: Show): readonly Sh[] =>
  show.diff && preview ? [body(preview.path)] : []

/** A change with what must be done before it, and what the journal writes around it. */
export const noted = (host: HostLink, item: Item, task: Declared, command: Sh, first: readonly Sh[]): Sh =>
  behind(first, host.journal?.around(item, task, command) ?? command)

/**
 * What a change came to.
 *
 * @param old - what {@link bodyOf} has found
 */
export const came = async (
  { preview }: Declared,
  command: Sh,
  ran: Output | undefined,
  old: Output | undefined,
  show: Show,
): Promise<Attempt> => {
  const text = show.diff && preview ? await diff(preview, old) : undefined
  const seen = { ...(text !== undefined && { diff: text }), ...verbose(show.verbose, command, ran) }
  return ran?.code === 0 ? { seen } : { seen, wrong: failure(command, ran) }
}

/** A command that cannot be written (a value that its format cannot hold) is the task's failure, not the run's. */
export const commandOf = (task: Declared, drift: Drift): Sh | Error => {
  try {
    return task.apply(drift)
  } catch (error) {
    return new Error(message(error))
  }
}

const bySteps = async (
  host: HostLink,
  item: Item,
  task: Imperative,
  drift: Drift,
  first: readonly Sh[],
  reads: Question,
): Promise<Attempt> => {
  try {
    host.facts.expire()
    const around = withFirst(first, host.journal?.steps(item, task))
    await task.run(context(host.session, task.timeout ?? APPLY_SECONDS, around), drift)
    await host.answer(reads)
    return { seen: {} }
  } catch (error) {
    if (!(error instanceof LostError)) return { seen: {}, wrong: message(error) }
    host.journal?.carried(false)
    await host.again()
    return { seen: {}, lost: true }
  }
}
