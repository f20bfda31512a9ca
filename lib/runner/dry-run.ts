import type { Step } from '../language/judge.ts'
import { type Item, probesIn } from '../language/plan.ts'
import { body, diff } from './diff.ts'
import { Foresight, type Told } from './foresight.ts'
import { greet } from './greet.ts'
import { HostLink } from './host.ts'
import { type HostRun, InterruptedError, type Job, tell, warn } from './job.ts'
import { owedIn } from './owed.ts'
import { planned } from './plan/planned.ts'
import { Reboot } from './reboot.ts'
import { told } from './tell.ts'

const ARMED =
  'a run has changed what one gets in by and has not proved yet that one still can: within a minute the host puts it back'

/** Foretells what a run would do, and changes nothing. */
export class DryRun implements HostRun {
  readonly #job: Job
  readonly #host: HostLink
  readonly #foresight: Foresight
  readonly #reboot: Reboot
  #items: readonly Item[] = []

  constructor(job: Job) {
    this.#job = job
    this.#host = new HostLink(job.session)
    this.#foresight = new Foresight(this.#host)
    this.#reboot = new Reboot(job, this.#host)
  }

  async start(): Promise<void> {
    const { session } = this.#job
    const { facts, assignments, items, read } = await greet(this.#job, this.#host)
    this.#reboot.met(facts, assignments)
    this.#items = items
    if (!read) await this.#host.read(probesIn(items))
    for (const { role, title } of this.#foresight.run(owedIn(session.left))) this.#foretell(role, title)
    if (session.left.includes('armed'))
      this.#job.emit({ event: 'warning', host: this.#job.name, role: '', message: ARMED })
  }

  #foretell(role: string, task: string): void {
    this.#job.emit({ event: 'handler', host: this.#job.name, role, task, status: 'would-change', ms: 0 })
  }

  async role(name: string): Promise<void> {
    const steps: Told[] = []
    for (const item of this.#items.filter(({ role }) => role === name)) {
      if (this.#job.signal.aborted) throw new InterruptedError(`interrupted before “${item.task.title}” of ${name}`)
      steps.push(await this.#foresight.tell(item))
    }
    const diffs = await this.#diffs(steps)
    for (const { item, step } of steps) {
      if (step === undefined) tell(this.#job, item, { status: 'skipped' })
      else this.#tell(item, step, diffs.get(item.task.title))
      this.#keep(item, step)
    }
    for (const { title } of this.#foresight.handlers(steps)) this.#foretell(name, title)
    this.#reboot.foretell(name)
  }

  /** For a plan that is saved. */
  #keep(item: Item, step: Step | undefined): void {
    const { keeping, name } = this.#job
    const one = step && keeping && planned(item, step, keeping.mark)
    if (one !== undefined) keeping?.record?.(name, one)
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
