import type { Step } from '../language/judge.ts'
import { foretell, type Item, notified, Overlay } from '../language/plan.ts'
import type { Handler } from '../language/task.ts'
import { APPLY_SECONDS, commandOf } from './attempt.ts'
import { dollar } from './dollar.ts'
import { message } from './failure.ts'
import type { HostLink } from './host.ts'

/** A task and what is foretold of it; nothing where an earlier task of the host fails. */
export interface Told {
  readonly item: Item
  readonly step: Step | undefined
}

/** Says of task after task what a run would find in its turn, and reads what is needed for that. */
export class Foresight {
  readonly #host: HostLink
  readonly #overlay: Overlay
  #failed = false

  constructor(host: HostLink) {
    this.#host = host
    this.#overlay = new Overlay(host.facts)
  }

  async tell(item: Item): Promise<Told> {
    return { item, step: this.#failed ? undefined : await this.#step(item) }
  }

  /** The handlers that a role's steps ask for, each once; from here on what they promise holds. */
  handlers(steps: readonly Told[]): readonly Handler[] {
    const asked = steps.flatMap(({ step }) => (step?.kind === 'drift' ? notified(step.task) : []))
    return this.run([...new Map(asked.map((one) => [one.id, one])).values()])
  }

  /** From here on what these promise holds. */
  run<T extends Handler>(handlers: readonly T[]): readonly T[] {
    for (const { title, want } of handlers) if (want !== undefined) this.#overlay.claim(want, title)
    return handlers
  }

  async #step(item: Item): Promise<Step> {
    let step = foretell(item.task, this.#overlay)
    while (step.kind === 'unread') {
      await this.#host.read(step.probes)
      step = foretell(item.task, this.#overlay)
    }
    if (step.kind === 'ask') step = await this.#ask(item)
    if (step.kind === 'drift') step = written(step)
    if (step.kind === 'failed') this.#failed = true
    return step
  }

  /** A script's own check is trusted only while nothing before it is still to be changed. */
  async #ask({ task }: Item): Promise<Step> {
    if (task.kind !== 'script') return { kind: 'failed', message: 'only scripts are asked' }
    const waitsFor = this.#overlay.last
    try {
      if (await task.check(dollar(this.#host.session, task.timeout ?? APPLY_SECONDS))) return { kind: 'ok' }
      return waitsFor === undefined ? { kind: 'ask' } : { kind: 'unknown', waitsFor }
    } catch (error) {
      return waitsFor === undefined ? { kind: 'failed', message: message(error) } : { kind: 'unknown', waitsFor }
    }
  }
}

/** A change whose command cannot be written would fail, so it does here. */
const written = (step: Extract<Step, { kind: 'drift' }>): Step => {
  if (step.task.kind === 'run') return step
  const command = commandOf(step.task, step.drift)
  return command instanceof Error ? { kind: 'failed', message: command.message } : step
}
