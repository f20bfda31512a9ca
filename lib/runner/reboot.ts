import type { HostFacts } from '../language/role.ts'
import { type Probe, probe } from '../language/probe.ts'
import { sh } from '../language/sh.ts'
import type { Task } from '../language/task.ts'
import { LostError, UnreachableError } from '../session/session.ts'
import type { Assignment } from './compose.ts'
import { failure, message } from './failure.ts'
import type { HostLink } from './host.ts'
import { InterruptedError, type Job } from './job.ts'

/** Seconds in which a host must be back, and those in which its services may still start. */
const BACK = 600
const STARTED = 180

/** Debian's notice that a reboot is wanted: packages leave it, and `tu_reboot_required`. It is gone with the reboot. */
const notice = probe({
  id: 'reboot-required',
  read: sh`[ ! -e /run/reboot-required ] || echo yes`,
  parse: (stdout) => ({ required: stdout === 'yes\n' }),
})

const PENDING =
  'a reboot is pending: what was installed comes into effect with it. --reboot lets a run do that, once, after the role that needs it'

/** Sees to it that a host is rebooted where something needs it, once in a run and only where that was allowed. */
export class Reboot {
  readonly #job: Job
  readonly #host: HostLink
  #facts: HostFacts | undefined
  #pending = false
  #done = false
  #last: string | undefined

  constructor(job: Job, host: HostLink) {
    this.#job = job
    this.#host = host
  }

  /** What the host said of itself when it was met, and the roles that it is to have. */
  met(facts: HostFacts, assignments?: readonly Assignment[]): HostFacts {
    if (assignments !== undefined) this.#last = assignments.at(-1)?.role.name
    this.#facts = facts
    this.#pending = facts.rebootRequired === true
    return facts
  }

  /** What is to be read behind a task's change, to see whether it wants a reboot. */
  probes(task: Task): readonly Probe[] {
    return 'reboots' in task && task.reboots === true ? [notice] : []
  }

  /**
   * After a role: reboots, or says that somebody should.
   *
   * @param failed - whether something has failed on the host: then nothing more is begun
   * @returns the host's facts where it was rebooted, `false` where that failed, nothing where there was no need
   */
  async after(role: string, failed: boolean): Promise<HostFacts | false | undefined> {
    const reading = this.#host.facts.latest.get(notice)
    if (reading !== undefined && 'state' in reading && reading.state['required'] === true) this.#pending = true
    if (!this.#pending) return undefined
    if (this.allowed && !this.#done && !failed) return await this.#reboot(role)
    if (role === this.#last) this.#job.emit({ event: 'warning', host: this.#job.name, role, message: this.#why })
    return undefined
  }

  /** The same, foretold: whether a package will want one nobody can know. */
  foretell(role: string): void {
    if (!this.#pending) return
    const { name: host } = this.#job
    if (this.allowed && !this.#done) {
      this.#done = true
      this.#pending = false
      this.#job.emit({ event: 'handler', host, role, task: 'reboot', status: 'would-change', ms: 0 })
    } else if (role === this.#last) this.#job.emit({ event: 'warning', host, role, message: this.#why })
  }

  /** This very machine would take the runner with it. */
  get allowed(): boolean {
    return this.#job.reboot === true && this.#facts?.sshFrom !== null
  }

  get #why(): string {
    if (this.#done) return 'a reboot is pending again; a run does only one, so run again'
    return this.#job.reboot === true
      ? 'a reboot is pending, of the machine that this runs on: that one is yours to reboot'
      : PENDING
  }

  async #reboot(role: string): Promise<HostFacts | false> {
    this.#done = true
    this.#pending = false
    const started = performance.now()
    this.#job.doing?.(role, 'reboot')
    const facts = await this.#away().catch((error: unknown) => {
      if (error instanceof InterruptedError) throw error
      return message(error)
    })
    const failed = typeof facts === 'string'
    this.#job.emit({
      event: 'handler',
      host: this.#job.name,
      role,
      task: 'reboot',
      status: failed ? 'failed' : 'changed',
      ms: Math.round(performance.now() - started),
      ...(failed && { message: facts }),
    })
    // Whatever was read before, of before it was.
    this.#host.facts.forget(notice)
    this.#host.facts.expire()
    return failed ? false : this.met(facts)
  }

  async #away(): Promise<HostFacts> {
    const { session } = this.#job
    const command = sh`systemctl reboot`
    try {
      const [ran] = await session.exec([command], { timeout: 60 })
      if (ran?.code !== 0) throw new Error(failure(command, ran))
    } catch (error) {
      if (!(error instanceof LostError)) throw error
    }
    const facts = await this.#back(performance.now() + BACK * 1000)
    await session.exec([sh`timeout ${STARTED} systemctl is-system-running --wait >/dev/null || true`], {
      timeout: STARTED + 20,
    })
    return facts
  }

  /** Asks until the host has another boot id. */
  async #back(until: number): Promise<HostFacts> {
    let last = 'it is still the same boot'
    while (performance.now() < until) {
      if (this.#job.signal.aborted) throw new InterruptedError(`interrupted while ${this.#job.name} reboots`)
      await new Promise((resume) => setTimeout(resume, 1000))
      try {
        const facts = await this.#job.session.hello()
        if (facts.bootId !== this.#facts?.bootId) return facts
      } catch (error) {
        if (!(error instanceof UnreachableError || error instanceof LostError)) throw error
        last = error.message
      }
    }
    throw new Error(`it was not back ${BACK / 60} minutes after its reboot: ${last}`)
  }
}
