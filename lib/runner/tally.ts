import type { Event, HostSummary } from '../events.ts'

const FIELD = {
  ok: 'ok',
  changed: 'changed',
  'would-change': 'wouldChange',
  unknown: 'unknown',
  failed: 'failed',
  skipped: 'skipped',
} as const

/** Counts a host's events. */
export class Tally {
  readonly #counts = { ok: 0, changed: 0, wouldChange: 0, unknown: 0, failed: 0, skipped: 0, handlers: 0 }
  /** A handler would run, perhaps one that an earlier run has left. */
  #due = false
  #error: { exitCode: number; message: string } | undefined

  count(event: Event): void {
    if (event.event === 'task') this.#counts[FIELD[event.status]] += 1
    if (event.event === 'handler') this.#counts.handlers += 1
    if (event.event === 'handler' && event.status === 'failed') this.#counts.failed += 1
    if (event.event === 'handler' && event.status === 'would-change') this.#due = true
    if (event.event === 'host') this.#error = event
  }

  /** The host's turn ended in an error that is no task's. */
  break(message: string, exitCode = 1): void {
    this.#counts.failed += 1
    this.#error = { exitCode, message }
  }

  /** @param ms - milliseconds since the host's turn began */
  summary(trips: number, ms: number): HostSummary {
    return { ...this.#counts, trips, ms, ...(this.#error && { error: this.#error.message }) }
  }

  get failed(): boolean {
    return this.#counts.failed > 0
  }

  /** The exit code that this host alone would give. */
  get exitCode(): number {
    if (this.#error !== undefined) return this.#error.exitCode
    if (this.failed) return 1
    return this.#counts.wouldChange + this.#counts.unknown > 0 || this.#due ? 2 : 0
  }
}

const ORDER = [130, 64, 3, 4, 5, 1, 2, 0]

/** The worst of several exit codes. */
export const worst = (codes: readonly number[]): number =>
  ORDER.find((code) => codes.includes(code)) ?? Math.max(0, ...codes)
