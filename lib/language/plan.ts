import { judge, probesOf, type Reading, type Step, type View } from './judge.ts'
import type { Claim, Probe } from './probe.ts'
import { settle, type State } from './state.ts'
import type { Declared, Drift, Handler, Imperative, Task } from './task.ts'

/** A task in its role: the pair is unique on a host. */
export interface Item {
  readonly role: string
  readonly task: Task
}

/** Everything that items look at. */
export const probesIn = (items: readonly Item[]): readonly Probe[] => items.flatMap(({ task }) => probesOf(task))

/**
 * What will be known once the drifted tasks have been applied: their wants (and the effects they name) laid over what
 * was read. A probe that could not be read is not a verdict while something before it is still to be changed.
 */
export class Overlay implements View {
  readonly #base: View
  readonly #assumed = new Map<string, Reading>()
  #last: string | undefined

  /** The title of the last task whose change is assumed, where there is one. */
  get last(): string | undefined {
    return this.#last
  }

  constructor(base: View) {
    this.#base = base
  }

  get(probe: Probe): Reading | undefined {
    const reading = this.#assumed.get(probe.id) ?? this.#base.get(probe)
    return reading !== undefined && 'error' in reading && this.#last !== undefined ? { waitsFor: this.#last } : reading
  }

  /** What was assumed so far, by the id of its probe. */
  get assumed(): ReadonlyMap<string, Reading> {
    return this.#assumed
  }

  /** Takes a task's drift as done. */
  assume(task: Declared | Imperative, drift: Drift): void {
    this.#last = task.title
    this.#assumed.set(task.want.probe.id, { state: settle(drift.now, drift.changes) })
    const { provides = [] } = task
    for (const claim of typeof provides === 'function' ? provides(drift) : provides) this.claim(claim, task.title)
  }

  /** Takes one claim as true from here on. */
  claim(claim: Claim, title: string): void {
    if ('unsettled' in claim) {
      this.#assumed.set(claim.probe.id, { waitsFor: title })
      return
    }
    const known = this.get(claim.probe)
    const now: State = known !== undefined && 'state' in known ? known.state : {}
    this.#assumed.set(claim.probe.id, { state: claim.exactly ? claim.want : { ...now, ...claim.want } })
  }

  /** A task of which nothing can be said yet: neither can anything be said of what it looks at. */
  doubt(task: Task, waitsFor: string): void {
    for (const probe of probesOf(task))
      if (task.kind !== 'derive' || probe.id !== task.from.id) this.#assumed.set(probe.id, { waitsFor })
  }
}

/** The handlers that a task asks for. */
export const notified = (task: Task): readonly Handler[] => {
  const notifies = 'notifies' in task ? (task.notifies ?? []) : []
  return 'id' in notifies ? [notifies] : notifies
}

/** Judges one task on the overlay and takes the outcome as done. */
export const foretell = (task: Task, overlay: Overlay): Step => {
  const step = judge(task, overlay)
  if (step.kind === 'drift') overlay.assume(step.task, step.drift)
  if (step.kind === 'unknown') overlay.doubt(task, step.waitsFor)
  return step
}

/** Judges tasks in order, each on what will hold when its turn comes. */
export const plan = (tasks: readonly Task[], facts: View): readonly Step[] => {
  const overlay = new Overlay(facts)
  return tasks.map((task) => foretell(task, overlay))
}
