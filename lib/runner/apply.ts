import { judge, probesOf, type Step, stillWrong } from '../language/judge.ts'
import { foretell, type Item, notified, Overlay, probesIn } from '../language/plan.ts'
import type { Probe } from '../language/probe.ts'
import type { HostFacts } from '../language/role.ts'
import { sh } from '../language/sh.ts'
import type { Declared, Drift, Imperative, Scripted, Task } from '../language/task.ts'
import { APPLY_SECONDS, attempt, type Seen } from './attempt.ts'
import { type Member, memberOf, MOST, together } from './batch.ts'
import { type Assignment, compose } from './compose.ts'
import { dollar, withFirst } from './dollar.ts'
import { question } from './facts.ts'
import { message, tail } from './failure.ts'
import { greet } from './greet.ts'
import { guardOf, Guards } from './guard.ts'
import { Pending } from './handlers.ts'
import { HostLink } from './host.ts'
import { type HostRun, InterruptedError, type Job, tell, type Told, warn } from './job.ts'
import { owedIn } from './owed.ts'
import { Adherence } from './plan/adherence.ts'
import { StaleError } from './plan/compare.ts'
import { Reboot } from './reboot.ts'
import { presentable, told } from './tell.ts'

/** What came of a task's change: nothing is wrong, or this. */
interface Outcome {
  readonly seen: Seen
  readonly wrong?: string
}

/** Brings a host into line: one round trip to read everything, then one for each task that is not as wanted. */
export class Apply implements HostRun {
  readonly #job: Job
  readonly #host: HostLink
  readonly #pending: Pending
  readonly #reboot: Reboot
  #assignments: readonly Assignment[] = []
  readonly #guards: Guards
  /** What is told once it is proved that one can still get in. */
  readonly #unproved: { readonly item: Item; readonly told: Told }[] = []
  #items: readonly Item[] = []
  /** Those whose turn has come with one before. */
  readonly #done = new Set<Item>()
  /** A connection that was lost once is given less to do at a time. */
  #single = false
  #failed = false
  readonly #adherence: Adherence | undefined

  constructor(job: Job) {
    this.#job = job
    this.#host = new HostLink(job.session, job.journal)
    this.#pending = new Pending(job, this.#host)
    this.#reboot = new Reboot(job, this.#host)
    this.#guards = new Guards(this.#host)
    const saved = job.keeping?.saved?.get(job.name)
    if (job.keeping && saved) this.#adherence = new Adherence(saved, job.keeping.mark)
  }

  async start(): Promise<void> {
    const { facts, assignments, items, read } = await greet(this.#job, this.#host)
    this.#job.journal?.connected(facts.sshFrom)
    this.#reboot.met(facts, assignments)
    this.#assignments = assignments
    this.#items = items
    const { left } = this.#job.session
    await this.#putBack(left)
    const probes = probesIn(this.#items)
    const owed = owedIn(left)
    if (!read && (owed.length === 0 || this.#adherence)) await this.#host.read(probes)
    await this.#adherence?.begin(this.#items, this.#host)
    await this.#pending.settle(owed, probes)
  }

  /** An earlier run was cut off before it had proved that one could still get in: first of all that is put back. */
  async #putBack(left: readonly string[]): Promise<void> {
    if (!left.some((line) => line === 'armed' || line.startsWith('put-back '))) return
    const [output] = await this.#host.insist([sh`tu_put_back`])
    const text = `an earlier run was cut off before it had proved that one could still get in; put back: ${tail(output?.stdout ?? '', 3)}`
    this.#job.emit({ event: 'warning', host: this.#job.name, role: '', message: text })
  }

  async role(name: string): Promise<void> {
    for (const [index, item] of this.#items.entries()) {
      if (item.role !== name || this.#done.delete(item)) continue
      if (this.#failed) tell(this.#job, item, { status: 'skipped' })
      else if (this.#job.signal.aborted) return await this.#interrupted(name, item)
      else await this.#turn(item, index)
    }
    await this.#flush(name)
    const rebooted = await this.#reboot.after(name, this.#failed)
    if (rebooted === false) this.#failed = true
    else if (rebooted !== undefined) await this.#afresh(name, rebooted)
  }

  /** After a reboot nothing that was known counts: what is still to come is built and read anew, in one round trip. */
  async #afresh(name: string, facts: HostFacts): Promise<void> {
    this.#items = compose(this.#assignments, this.#job.site, facts)
    const next = this.#items.findLastIndex(({ role }) => role === name) + 1
    await this.#host.read(probesIn(this.#items.slice(next)))
  }

  /** What was changed still gets its handlers; nothing else is begun. */
  async #interrupted(name: string, item: Item): Promise<never> {
    await this.#flush(name)
    throw new InterruptedError(`interrupted before “${item.task.title}” of ${name}; run again to go on from there`)
  }

  /** What was changed gets its handlers here, too. */
  async #stale(name: string, text: string): Promise<never> {
    await this.#flush(name)
    throw new StaleError(text)
  }

  /** Also when a task of the role has failed, since what the others changed stands. */
  async #flush(name: string): Promise<void> {
    const next = this.#items.findLastIndex(({ role }) => role === name) + 1
    await this.#settle(name, next)
    if (name === this.#items.at(-1)?.role && !(await this.#pending.settleAgain())) this.#failed = true
  }

  /** Runs the handlers that wait, and then proves that one can still get in, where that is in doubt. */
  async #settle(role: string, next: number): Promise<void> {
    const ahead = () => (this.#failed ? [] : this.#ahead(next, role, new Overlay(this.#host.facts.latest)))
    if (!(await this.#pending.flush(role, ahead))) this.#failed = true
    if (!this.#guards.open) return
    const wrong = await this.#guards.prove()
    if (wrong !== undefined) this.#failed = true
    for (const { item, told } of this.#unproved.splice(0)) {
      if (wrong === undefined) tell(this.#job, item, told)
      else
        tell(this.#job, item, { ...told, status: 'failed', message: [told.message, wrong].filter(Boolean).join('\n') })
    }
  }

  async #turn(item: Item, index: number): Promise<void> {
    const started = performance.now()
    const ms = () => Math.round(performance.now() - started)
    let step = await this.#look(item, index)
    if (this.#guards.open && step.kind !== 'ok' && !guarded(step)) {
      await this.#settle(item.role, index)
      if (this.#failed) return tell(this.#job, item, { status: 'skipped' })
      step = await this.#look(item, index)
    }
    const moved = step.kind === 'ask' ? undefined : this.#adherence?.departs(item, step)
    if (moved !== undefined) await this.#stale(item.role, moved)
    if (step.kind === 'ok') {
      if (step.warning !== undefined) warn(this.#job, item, step.warning)
      tell(this.#job, item, { status: 'ok', ms: ms() })
    } else if (step.kind === 'drift') {
      const members = this.#members(index)
      if (members.length > 1) return await this.#together(members, item, index)
      this.#job.doing?.(item.role, item.task.title)
      const { seen, wrong } = await this.#change(item, index, step.task, step.drift)
      const outcome = { ...told(step.drift.changes, step.task), ms: ms(), ...seen }
      if (wrong === undefined) this.#changed(item, outcome)
      else this.#fail(item, wrong, outcome)
      if (wrong !== undefined && this.#guards.open) await this.#settle(item.role, index + 1)
    } else if (item.task.kind === 'script') await this.#script(item, item.task, ms)
    else this.#fail(item, step.kind === 'failed' ? step.message : 'it cannot be judged', { ms: ms() })
  }

  /** The files from this task on that can go in one request. */
  #members(index: number): readonly Member[] {
    if (this.#single) return []
    const members: Member[] = []
    const role = this.#items[index]?.role
    for (const item of this.#items.slice(index, index + MOST)) {
      const step = judge(item.task, this.#host.facts)
      const member = item.role === role ? memberOf(item, step) : undefined
      if (member === undefined || this.#adherence?.departs(item, step) !== undefined) break
      members.push(member)
    }
    return members
  }

  /** Puts files in place, one after the other in one request; where the first has failed, the others are not begun. */
  async #together(members: readonly Member[], first: Item, index: number): Promise<void> {
    const started = performance.now()
    const { role } = first
    const overlay = new Overlay(this.#host.facts.latest)
    const kept = new Set(this.#pending.ids)
    for (const { item, task, drift } of members) {
      this.#job.doing?.(item.role, task.title)
      overlay.assume(task, drift)
      this.#pending.add(task)
    }
    this.#host.facts.expect(overlay.assumed)
    const reads = question([
      ...members.flatMap(({ item, task }) => [task.want.probe, ...probesOf(item.task)]),
      ...this.#ahead(index + members.length, role, overlay),
    ])
    const owing = (task: Declared) => this.#pending.owing(role, task)
    const attempts = await together(this.#host, members, owing, reads, this.#job)
    const ms = Math.round((performance.now() - started) / members.length)
    for (const [nth, { item, task, drift }] of members.entries()) {
      const attempt = attempts?.[nth]
      const step = await this.#look(item, index + nth)
      if (attempt !== undefined) this.#pending.wrote(task)
      if (untouched(step, drift)) await this.#pending.forget(task, kept)
      else for (const { id } of notified(task)) kept.add(id)
      // What a lost connection has left undone, and what was not begun, has its turn by itself.
      if (attempt === undefined && (attempts !== undefined || step.kind !== 'ok')) continue
      this.#done.add(item)
      const outcome = { ...told(drift.changes, task), ms, ...attempt?.seen }
      if (step.kind === 'ok' && attempt?.wrong === undefined) this.#changed(item, outcome)
      else this.#fail(item, verdict(task, step, attempt?.wrong), outcome)
    }
    if (attempts === undefined) this.#single = true
    if (!this.#done.delete(first)) await this.#turn(first, index)
  }

  #changed(item: Item, told: object): void {
    this.#adherence?.done(item)
    this.#tell(item, { status: 'changed', ...told })
  }

  /** What is in doubt is told when it is known. */
  #tell(item: Item, told: Told): void {
    if (this.#guards.open) this.#unproved.push({ item, told })
    else tell(this.#job, item, told)
  }

  #fail(item: Item, text: string, told: object): void {
    this.#failed = true
    this.#tell(item, { status: 'failed', message: text, ...told })
  }

  /** Judges a task on reads made since the last change. */
  async #look(item: Item, index: number): Promise<Step> {
    for (;;) {
      const step = judge(item.task, this.#host.facts)
      if (step.kind !== 'unread') return step
      await this.#host.read([...step.probes, ...this.#ahead(index, item.role, new Overlay(this.#host.facts.latest))])
    }
  }

  /** The probes from this task on, up to and with the next that is expected to need a change, or all of several files. */
  #ahead(index: number, role: string, overlay: Overlay): Probe[] {
    const probes: Probe[] = []
    for (const item of this.#items.slice(index)) {
      if (item.role !== role && this.#pending.any) break
      probes.push(...probesOf(item.task))
      const step = foretell(item.task, overlay)
      if (step.kind === 'unread') probes.push(...step.probes)
      if (step.kind !== 'ok' && memberOf(item, step) === undefined) break
    }
    return probes
  }

  /** Changes one thing, and again where its task allows for that, each time from what is found then. */
  async #change(item: Item, index: number, task: Declared | Imperative, first: Drift): Promise<Outcome> {
    let drift = first
    let left = task.retries ?? 0
    for (let lost = 0; ; ) {
      const { step, seen, wrong } = await this.#once(item, index, task, drift)
      if (step.kind === 'ok' && wrong === undefined) return { seen }
      // What has cut the connection once, and was put back, is not tried again.
      const again = wrong === LOST ? lost++ === 0 && !this.#guards.open : left-- > 0
      if (!again || step.kind !== 'drift' || this.#job.signal.aborted)
        return { seen, wrong: verdict(task, step, wrong) }
      warn(this.#job, item, `tried again, since ${(wrong ?? verdict(task, step, wrong)).split('\n')[0]}`)
      await new Promise((resume) => setTimeout(resume, 1000 + Math.random() * 2000))
      drift = step.drift
    }
  }

  /** Changes one thing and looks at it again, in the same round trip; on the way reads what the next tasks need. */
  async #once(item: Item, index: number, task: Declared | Imperative, drift: Drift) {
    const overlay = new Overlay(this.#host.facts.latest)
    overlay.assume(task, drift)
    this.#host.facts.expect(overlay.assumed)
    const before = this.#pending.ids
    this.#pending.add(task)
    const reads = question([
      task.want.probe,
      ...probesOf(item.task),
      ...this.#ahead(index + 1, item.role, overlay),
      ...this.#reboot.probes(task),
    ])
    const guard = guardOf(task, drift)
    const first = [...this.#pending.owing(item.role, task), ...(guard ? [this.#guards.arming(task.title, guard)] : [])]
    const { seen, wrong, lost } = await attempt(this.#host, item, task, drift, first, reads, this.#job)
    if (!lost) this.#pending.wrote(task)
    const step = await this.#look(item, index)
    if (untouched(step, drift)) await this.#pending.forget(task, before)
    return { step, seen, wrong: lost && step.kind !== 'ok' ? LOST : wrong }
  }

  async #script(item: Item, task: Scripted, ms: () => number): Promise<void> {
    const $ = dollar(this.#job.session, task.timeout ?? APPLY_SECONDS)
    try {
      const good = await task.check($)
      const moved = this.#adherence?.departs(item, { kind: good ? 'ok' : 'ask' })
      if (moved !== undefined) return await this.#stale(item.role, moved)
      if (good) return tell(this.#job, item, { status: 'ok', ms: ms() })
      this.#job.doing?.(item.role, task.title)
      this.#pending.add(task)
      this.#host.facts.expire()
      const noted = this.#job.journal?.steps(item, task)
      const around = withFirst(this.#pending.owing(item.role, task), noted)
      await task.apply(dollar(this.#job.session, task.timeout ?? APPLY_SECONDS, around))
      this.#pending.wrote(task)
      if (await task.check($)) return this.#changed(item, { ms: ms() })
      this.#fail(item, 'applied cleanly but its check still does not hold', { ms: ms() })
    } catch (error) {
      if (error instanceof StaleError) throw error
      this.#job.journal?.carried(false)
      this.#fail(item, message(error), { ms: ms() })
    }
  }
}

/** A change that carries a guard joins those that are not proved yet. */
const guarded = (step: Step): boolean => step.kind === 'drift' && guardOf(step.task, step.drift) !== undefined

/** A change has left everything as it was found. */
const untouched = (step: Step, { now }: Drift): boolean =>
  step.kind === 'drift' && JSON.stringify(step.drift.now) === JSON.stringify(now)

const LOST = 'the connection was lost while it ran'

/** What is wrong after a change, in words, and nothing that a secret could be told from. */
const verdict = (task: Task, step: Step, wrong: string | undefined): string => {
  const now =
    step.kind === 'drift'
      ? stillWrong({ ...step.drift, changes: presentable(step.drift.changes, task) })
      : step.kind === 'failed'
        ? step.message
        : 'it is as wanted all the same'
  return wrong === undefined ? `applied cleanly but ${now}` : `${wrong}\n  now: ${now}`
}
