import type { Change } from './language/state.ts'

export type Status = 'ok' | 'changed' | 'would-change' | 'unknown' | 'failed' | 'skipped'

export interface RunEvent {
  readonly event: 'run'
  readonly id: string
  readonly dryRun: boolean
  readonly roles: readonly string[]
  readonly hosts: readonly string[]
  readonly version: string
  /** This run's part of the hosts, `2/5`, where they are split. */
  readonly shard?: string
}

export interface TaskEvent {
  readonly event: 'task'
  readonly host: string
  readonly role: string
  readonly task: string
  readonly status: Status
  readonly changes: readonly Change[]
  /** The changes in words, where the task has any for them. */
  readonly words?: readonly string[]
  /** Milliseconds. */
  readonly ms: number
  /** A unified diff of a text file. */
  readonly diff?: string
  /** Why it failed, or what an unknown task waits for. */
  readonly message?: string
  /** With -v: the command, as people see it, and what it printed. */
  readonly command?: string
  readonly output?: string
}

export interface HandlerEvent {
  readonly event: 'handler'
  readonly host: string
  readonly role: string
  readonly task: string
  readonly status: 'changed' | 'would-change' | 'failed'
  readonly ms: number
  readonly message?: string
  readonly command?: string
  readonly output?: string
}

export interface WarningEvent {
  readonly event: 'warning'
  readonly host: string
  readonly role: string
  readonly task?: string
  readonly message: string
}

export interface HostEvent {
  readonly event: 'host'
  readonly host: string
  /** `skipped`: not begun, since others have failed or the run was interrupted. */
  readonly status: 'unreachable' | 'locked' | 'stale' | 'skipped'
  readonly exitCode: number
  readonly message: string
}

/** A line of the checklist of `verify`. */
export interface CheckEvent {
  readonly event: 'check'
  /** None where it is about the site as a whole. */
  readonly host?: string
  readonly check: string
  /** `unreachable`: it cannot be judged from here. */
  readonly status: 'ok' | 'failed' | 'unreachable'
  readonly detail: string
  /** With -v: what was found, by question. */
  readonly found?: Readonly<Record<string, unknown>>
}

export interface HostSummary {
  readonly ok: number
  readonly changed: number
  readonly wouldChange: number
  readonly unknown: number
  readonly failed: number
  readonly skipped: number
  readonly handlers: number
  readonly trips: number
  /** Milliseconds. */
  readonly ms: number
  readonly error?: string
}

export interface SummaryEvent {
  readonly event: 'summary'
  readonly hosts: Readonly<Record<string, HostSummary>>
  readonly exitCode: number
}

/** Everything that a run tells. Reporters get these and nothing else. */
export type Event = RunEvent | TaskEvent | HandlerEvent | WarningEvent | HostEvent | CheckEvent | SummaryEvent

export type Emit = (event: Event) => void
