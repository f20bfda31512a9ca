import type { Emit, TaskEvent } from '../events.ts'
import type { Item } from '../language/plan.ts'
import type { Site } from '../language/role.ts'
import type { Session } from '../session/session.ts'
import type { Assignment } from './compose.ts'
import type { Journal } from './journal/journal.ts'
import type { Mark } from './plan/mark.ts'
import type { Planned } from './plan/planned.ts'

/** The roles of a host, or what finds them out there once it is connected. */
export type Assignments = readonly Assignment[] | ((session: Session) => Promise<readonly Assignment[]>)

/** The roles that a host is to have, where they had to be looked up there first as well. */
export const assigned = async (assignments: Assignments, session: Session): Promise<readonly Assignment[]> =>
  typeof assignments === 'function' ? await assignments(session) : assignments

/** A dry run that is kept, or the one that a run is to keep to. */
export interface Keeping {
  readonly mark: Mark
  /** A dry run tells each step. */
  readonly record?: (host: string, step: Planned) => void
  /** A run does exactly this, by host. */
  readonly saved?: ReadonlyMap<string, readonly Planned[]>
}

/** One host's part of a run. */
export interface Job {
  readonly name: string
  readonly site: Site
  readonly assignments: Assignments
  readonly session: Session
  readonly emit: Emit
  /** Show what changes inside text files. */
  readonly diff: boolean
  /** Show commands and what they print. */
  readonly verbose: boolean
  /** Aborted by Ctrl-C: the task in hand is finished, no other is begun. */
  readonly signal: AbortSignal
  readonly keeping?: Keeping
  /** Whether the host may be rebooted where something needs it. */
  readonly reboot?: boolean
  /** What the host is to remember of a run; a dry run leaves nothing. */
  readonly journal?: Journal
  /** Told when a change is about to be made, for whoever watches. */
  readonly doing?: (role: string, task: string) => void
}

/** What carries a job out, role by role. */
export interface HostRun {
  /** Connects, builds the tasks and reads everything they look at. */
  start(): Promise<void>
  role(name: string): Promise<void>
}

/** Someone pressed Ctrl-C. Exit code 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
}

/** What is told of a task. */
export type Told = Pick<TaskEvent, 'status'> & Partial<Omit<TaskEvent, 'event' | 'host' | 'role' | 'task'>>

/** Tells what became of a task. */
export const tell = (job: Job, { role, task }: Item, told: Told): void =>
  job.emit({ event: 'task', host: job.name, role, task: task.title, changes: [], ms: 0, ...told })

/** Tells what a check has to say. */
export const warn = (job: Job, { role, task }: Item, text: string): void =>
  job.emit({ event: 'warning', host: job.name, role, task: task.title, message: text })
