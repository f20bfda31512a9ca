import { judge, stillWrong } from '../language/judge.ts'
import { notified } from '../language/plan.ts'
import type { Probe } from '../language/probe.ts'
import type { Handler, Task } from '../language/task.ts'
import { APPLY_SECONDS, verbose } from './attempt.ts'
import { question } from './facts.ts'
import { failure } from './failure.ts'
import type { HostLink } from './host.ts'
import type { Job } from './job.ts'

/** The handlers that a role's tasks have asked for, each once. */
export class Pending {
  readonly #job: Job
  readonly #host: HostLink
  readonly #waiting = new Map<string, Handler>()

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

  /** Takes back what a task asked for that has changed nothing after all. */
  forget(task: Task, before: ReadonlySet<string>): void {
    for (const { id } of notified(task)) if (!before.has(id)) this.#waiting.delete(id)
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#waiting.keys())
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
      good = (await this.#run(role, one, this.any ? [] : ahead())) && good
    }
    return good
  }

  async #run(role: string, one: Handler, ahead: readonly Probe[]): Promise<boolean> {
    const started = performance.now()
    this.#job.doing?.(role, one.title)
    const reads = question([...(one.want ? [one.want.probe] : []), ...ahead])
    const outputs = await this.#host.change([one.run], reads, one.timeout ?? APPLY_SECONDS)
    const ran = outputs?.[0]
    const wrong =
      ran !== undefined && ran.code !== 0 ? failure(one.run, ran) : await this.#verify(one, ran === undefined)
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
    return wrong === undefined
  }

  async #verify({ run, want }: Handler, lost: boolean): Promise<string | undefined> {
    if (want === undefined) return lost ? 'the connection was lost while it ran' : undefined
    if (this.#host.facts.get(want.probe) === undefined) await this.#host.read([want.probe])
    const step = judge({ kind: 'task', title: '', want, apply: () => run }, this.#host.facts)
    if (step.kind === 'drift') return `ran cleanly but ${stillWrong(step.drift)}`
    return step.kind === 'failed' ? step.message : undefined
  }
}
