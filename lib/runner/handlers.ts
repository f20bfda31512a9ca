import { judge, stillWrong } from '../language/judge.ts'
import { notified } from '../language/plan.ts'
import type { Probe } from '../language/probe.ts'
import { type Sh, sh } from '../language/sh.ts'
import type { Handler, Task } from '../language/task.ts'
import { APPLY_SECONDS, verbose } from './attempt.ts'
import { question } from './facts.ts'
import { failure } from './failure.ts'
import type { HostLink } from './host.ts'
import type { Job } from './job.ts'
import { nameOf, type Owed, owing, paying } from './owed.ts'

/**
 * The handlers that a role's tasks have asked for, each once. Each is written down on the host before the change that asks
 * for it, and struck off when it has done its work: whatever ends a run in between, the next one runs it first.
 */
export class Pending {
  readonly #job: Job
  readonly #host: HostLink
  readonly #waiting = new Map<string, Handler>()
  /** Those that lie on the host. */
  readonly #written = new Set<string>()
  /** Those of an earlier run that have failed so far. */
  readonly #overdue = new Map<string, Owed>()

  constructor(job: Job, host: HostLink) {
    this.#job = job
    this.#host = host
  }

  get any(): boolean {
    return this.#waiting.size > 0
  }

  add(task: Task): void {
    for (const one of notified(task)) this.#waiting.set(one.id, one)
  }

  /** What writes down the handlers of a task: to stand before its change. */
  owing(role: string, task: Task): readonly Sh[] {
    return owing(
      role,
      notified(task).filter(({ id }) => !this.#written.has(id)),
    )
  }

  /** The host has answered: what was written down is there. */
  wrote(task: Task): void {
    for (const { id } of notified(task)) this.#written.add(id)
  }

  /** Takes back what a task asked for that has changed nothing after all. */
  async forget(task: Task, before: ReadonlySet<string>): Promise<void> {
    const gone = notified(task).filter(({ id }) => !before.has(id))
    for (const { id } of gone) this.#waiting.delete(id)
    const written = gone.filter(({ id }) => this.#written.delete(id))
    if (written.length > 0) await this.#host.tell(sh`tu_paid ${written.map(({ id }) => nameOf(id))}`)
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#waiting.keys())
  }

  /**
   * Runs what an earlier run has left, before anything else. What fails may need a change of this run first: it is told
   * of, and tried again at the end.
   *
   * @param ahead - what else to read behind the last of them
   */
  async settle(owed: readonly Owed[], ahead: readonly Probe[]): Promise<void> {
    for (const [index, one] of owed.entries()) {
      const wrong = await this.#run(one.role, one, one.run, index === owed.length - 1 ? ahead : [], true)
      if (wrong === undefined) continue
      this.#overdue.set(one.id, one)
      const message = `“${one.title}”, which an earlier run has left, fails; it is tried again at the end: ${wrong}`
      this.#job.emit({ event: 'warning', host: this.#job.name, role: one.role, message })
    }
  }

  /** Tries once more what an earlier run has left. @returns whether all of it has done its work */
  async settleAgain(): Promise<boolean> {
    let good = true
    for (const one of this.#overdue.values()) good = (await this.#run(one.role, one, one.run, [])) === undefined && good
    return good
  }

  /**
   * Runs them all, whatever becomes of the others.
   *
   * @param ahead - what else to read behind the last of them
   * @returns whether each did its work
   */
  async flush(role: string, ahead: () => readonly Probe[]): Promise<boolean> {
    let good = true
    for (const one of [...this.#waiting.values()]) {
      this.#waiting.delete(one.id)
      const wrong = await this.#run(role, one, paying(one), this.any ? [] : ahead())
      if (wrong === undefined) this.#overdue.delete(one.id)
      // Struck off by its exit code, and yet it has not done what it promised: owed still.
      else await this.#host.tell(...owing(role, [one]))
      this.#written.delete(one.id)
      good = wrong === undefined && good
    }
    return good
  }

  /** @param quiet - a failure is not the last word */
  async #run(role: string, one: Handler, run: Sh, ahead: readonly Probe[], quiet = false): Promise<string | undefined> {
    const started = performance.now()
    this.#job.doing?.(role, one.title)
    const reads = question([...(one.want ? [one.want.probe] : []), ...ahead])
    const outputs = await this.#host.change([run], reads, one.timeout ?? APPLY_SECONDS)
    const ran = outputs?.[0]
    const wrong =
      ran !== undefined && ran.code !== 0 ? failure(one.run, ran) : await this.#verify(one, ran === undefined)
    if (wrong !== undefined && quiet) return wrong
    this.#job.emit({
      event: 'handler',
      host: this.#job.name,
      role,
      task: one.title,
      status: wrong === undefined ? 'changed' : 'failed',
      ms: Math.round(performance.now() - started),
      ...(wrong !== undefined && { message: wrong }),
      ...verbose(this.#job.verbose, one.run, ran),
    })
    return wrong
  }

  async #verify({ run, want }: Handler, lost: boolean): Promise<string | undefined> {
    if (want === undefined) return lost ? 'the connection was lost while it ran' : undefined
    if (this.#host.facts.get(want.probe) === undefined) await this.#host.read([want.probe])
    const step = judge({ kind: 'task', title: '', want, apply: () => run }, this.#host.facts)
    if (step.kind === 'drift') return `ran cleanly but ${stillWrong(step.drift)}`
    return step.kind === 'failed' ? step.message : undefined
  }
}
