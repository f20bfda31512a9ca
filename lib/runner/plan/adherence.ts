import type { Step } from '../../language/judge.ts'
import type { Item } from '../../language/plan.ts'
import { Foresight, type Told } from '../foresight.ts'
import type { HostLink } from '../host.ts'
import { departs, moved, StaleError } from './compare.ts'
import type { Mark } from './mark.ts'
import { type Planned, planned } from './planned.ts'

/** How many of the things that moved are named. */
const NAMED = 10

/** Holds one host's run to the plan that was saved for it. */
export class Adherence {
  readonly #saved: readonly Planned[]
  readonly #mark: Mark
  readonly #done: string[] = []

  constructor(saved: readonly Planned[], mark: Mark) {
    this.#saved = saved
    this.#mark = mark
  }

  /** Foretells the run once more, from what was just read, and compares. @throws StaleError before anything is changed */
  async begin(items: readonly Item[], host: HostLink): Promise<void> {
    const foresight = new Foresight(host)
    const told: Told[] = []
    for (const role of new Set(items.map((item) => item.role))) {
      const steps: Told[] = []
      for (const item of items) if (item.role === role) steps.push(await foresight.tell(item))
      foresight.handlers(steps)
      told.push(...steps)
    }
    const failing = told.flatMap(({ item, step }) =>
      step?.kind === 'failed' ? [`${item.role} “${item.task.title}” would fail now: ${step.message}`] : [],
    )
    const now = told.flatMap(({ item, step }) => (step && planned(item, step, this.#mark)) ?? [])
    const all = failing.length > 0 ? failing : moved(this.#saved, now)
    if (all.length === 0) return
    const more = all.length > NAMED ? [`and ${all.length - NAMED} more`] : []
    throw new StaleError(
      [
        'the plan is stale, and nothing was changed; since it was made, this has moved:',
        ...[...all.slice(0, NAMED), ...more].map((line) => `  ${line}`),
        'make a new one with --dry-run --out FILE',
      ].join('\n'),
    )
  }

  /** What has moved in the middle of the run; nothing where a task is found as it was foretold. */
  departs(item: Item, step: Step): string | undefined {
    const now = planned(item, step, this.#mark)
    const saved = this.#saved.find(({ role, task }) => role === item.role && task === item.task.title)
    if (now === undefined || saved === undefined) return undefined
    const text = departs(saved, now)
    if (text === undefined) return undefined
    const applied =
      this.#done.length === 0 ? 'nothing had been changed' : `applied before that: ${this.#done.join(', ')}`
    return `the plan has become stale: ${item.role} “${item.task.title}” ${text}; it and what follows were left alone; ${applied}`
  }

  /** A task was changed as planned. */
  done({ role, task }: Item): void {
    this.#done.push(`${role} “${task.title}”`)
  }
}
