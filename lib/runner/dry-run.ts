import { probesOf, type Step } from '../language/judge.ts'
import { foretell, type Item, notified, Overlay } from '../language/plan.ts'
import type { Handler } from '../language/task.ts'
import { APPLY_SECONDS, commandOf } from './attempt.ts'
import { compose } from './compose.ts'
import { body, diff } from './diff.ts'
import { dollar } from './dollar.ts'
import { message } from './failure.ts'
import { HostLink } from './host.ts'
import { type HostRun, InterruptedError, type Job, tell, warn } from './job.ts'
import { told } from './tell.ts'

/** A task and what is foretold of it; nothing where an earlier task of the host fails. */
interface Told {
  readonly item: Item
  readonly step: Step | undefined
}

/** Foretells what a run would do, and changes nothing. */
export class DryRun implements HostRun {
  readonly #job: Job
  readonly #host: HostLink
  readonly #overlay: Overlay
  #items: readonly Item[] = []
  #failed = false

  constructor(job: Job) {
    this.#job = job
    this.#host = new HostLink(job.session)
    this.#overlay = new Overlay(this.#host.facts)
  }

  async start(): Promise<void> {
    const { session, assignments, site } = this.#job
    this.#items = compose(assignments, site, await session.hello())
    await this.#host.read(this.#items.flatMap(({ task }) => probesOf(task)))
  }

  async role(name: string): Promise<void> {
    const steps: Told[] = []
    for (const item of this.#items.filter(({ role }) => role === name)) {
      if (this.#job.signal.aborted) throw new InterruptedError(`interrupted before “${item.task.title}” of ${name}`)
      steps.push({ item, step: this.#failed ? undefined : await this.#step(item) })
    }
    const diffs = await this.#diffs(steps)
    const handlers = new Map<string, Handler>()
    for (const { item, step } of steps) {
      if (step === undefined) tell(this.#job, item, { status: 'skipped' })
      else this.#tell(item, step, diffs.get(item.task.title))
      if (step?.kind === 'drift') for (const one of notified(step.task)) handlers.set(one.id, one)
    }
    for (const { title, want } of handlers.values()) {
      this.#job.emit({ event: 'handler', host: this.#job.name, role: name, task: title, status: 'would-change', ms: 0 })
      if (want !== undefined) this.#overlay.claim(want, title)
    }
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
      if (await task.check(dollar(this.#job.session, task.timeout ?? APPLY_SECONDS))) return { kind: 'ok' }
      return waitsFor === undefined ? { kind: 'ask' } : { kind: 'unknown', waitsFor }
    } catch (error) {
      return waitsFor === undefined ? { kind: 'failed', message: message(error) } : { kind: 'unknown', waitsFor }
    }
  }

  #tell(item: Item, step: Step, text: string | undefined): void {
    if (step.kind === 'ok') {
      if (step.warning !== undefined) warn(this.#job, item, step.warning)
      tell(this.#job, item, { status: 'ok' })
    } else if (step.kind === 'drift') {
      const command =
        this.#job.verbose && step.task.kind === 'task' ? { command: String(step.task.apply(step.drift)) } : {}
      tell(this.#job, item, {
        status: 'would-change',
        ...told(step.drift.changes, step.task),
        ...(text !== undefined && { diff: text }),
        ...command,
      })
    } else if (step.kind === 'ask') {
      tell(this.#job, item, { status: 'would-change' })
    } else if (step.kind === 'unknown') {
      tell(this.#job, item, { status: 'unknown', message: `known only after “${step.waitsFor}”` })
    } else if (step.kind === 'failed') {
      tell(this.#job, item, { status: 'failed', message: step.message })
    }
  }

  /** One more request for the texts that would change, where there are any. */
  async #diffs(steps: readonly Told[]): Promise<ReadonlyMap<string, string>> {
    const previews = steps.flatMap(({ item: { task }, step }) =>
      this.#job.diff && step?.kind === 'drift' && step.task.preview !== undefined
        ? [
            {
              title: task.title,
              preview: step.task.preview,
              there: step.drift.now['type'] !== null && step.drift.now['text'] !== null,
            },
          ]
        : [],
    )
    const there = previews.filter((preview) => preview.there)
    const outputs =
      there.length === 0 ? [] : await this.#job.session.exec(there.map(({ preview }) => body(preview.path)))
    const texts = new Map<string, string>()
    for (const { title, preview, there: exists } of previews) {
      const before = exists ? outputs[there.findIndex((one) => one.title === title)] : undefined
      const text = await diff(preview, before)
      if (text !== undefined) texts.set(title, text)
    }
    return texts
  }
}

/** A change whose command cannot be written would fail, so it does here. */
const written = (step: Extract<Step, { kind: 'drift' }>): Step => {
  if (step.task.kind === 'run') return step
  const command = commandOf(step.task, step.drift)
  return command instanceof Error ? { kind: 'failed', message: command.message } : step
}
