import type { Event } from '../events.ts'
import type { Blob } from '../language/blob.ts'
import { mask } from '../language/mask.ts'
import type { HostFacts } from '../language/role.ts'
import type { Sh } from '../language/sh.ts'
import { type HostProfile, profileText, type Trip } from '../report/profile.ts'
import { askedBy } from '../runner/facts.ts'
import { jobScript, spell } from '../session/compose.ts'
import type { ExecOptions, Output, Session } from '../session/session.ts'

/** What is collected of one host. */
interface Log {
  readonly connections: number[]
  readonly trips: Trip[]
  readonly tasks: { name: string; ms: number }[]
}

/** Sees where the time of a run goes, for --profile; without that there is none of it. */
export class Profile {
  readonly #logs = new Map<string, Log>()
  readonly #phases: { name: string; ms: number }[] = []
  #at = 0

  constructor() {
    this.reached('node', performance.nodeTiming.bootstrapComplete)
    this.reached('program and inventory')
  }

  /** A part of the runner's own work is done. @param now - milliseconds since the process began */
  reached(name: string, now = performance.now()): void {
    this.#phases.push({ name, ms: now - this.#at })
    this.#at = now
  }

  hear(event: Event): void {
    if (event.event !== 'task' && event.event !== 'handler') return
    if (event.status === 'ok' || event.status === 'skipped' || event.status === 'would-change') return
    this.#log(event.host).tasks.push({ name: `${event.role}: ${event.task}`, ms: event.ms })
  }

  /** The same session, with a look at the clock. */
  watch(session: Session): Session {
    return new Watched(session, this.#log(session.name))
  }

  /** What there is to tell, by lines. */
  lines(): string[] {
    const hosts = Array.from(this.#logs, ([host, log]): HostProfile => ({ host, ...log }))
    return profileText({ phases: this.#phases, hosts }).map((line) => mask(line))
  }

  #log(host: string): Log {
    const log = this.#logs.get(host) ?? { connections: [], trips: [], tasks: [] }
    this.#logs.set(host, log)
    return log
  }
}

/** A session whose requests are timed. */
class Watched implements Session {
  readonly #session: Session
  readonly #log: Log

  constructor(session: Session, log: Log) {
    this.#session = session
    this.#log = log
  }

  get name(): string {
    return this.#session.name
  }

  get trips(): number {
    return this.#session.trips
  }

  get left(): readonly string[] {
    return this.#session.left
  }

  async hello(meanwhile?: (guess: HostFacts) => void): Promise<HostFacts> {
    const started = performance.now()
    const facts = await this.#session.hello(meanwhile)
    this.#log.connections.push(performance.now() - started)
    return facts
  }

  async exec(commands: readonly Sh[], options?: ExecOptions): Promise<Output[]> {
    const started = performance.now()
    const outputs = await this.#session.exec(commands, options)
    const ms = performance.now() - started
    this.#log.trips.push({
      ms,
      out: Buffer.byteLength(jobScript(commands.map((command) => spell(command)))),
      in: outputs.reduce((sum, { stdout, stderr }) => sum + stdout.length + stderr.length, 0),
      parts: commands.map((command, index) => ({
        name: askedBy.get(command) ?? 'changes',
        ms: outputs[index]?.ms ?? 0,
      })),
    })
    return outputs
  }

  async upload(content: Blob, path: string): Promise<void> {
    const started = performance.now()
    await this.#session.upload(content, path)
    const ms = performance.now() - started
    this.#log.trips.push({ ms, out: content.bytes.length, in: 0, parts: [{ name: 'uploads', ms }] })
  }

  async fresh(): Promise<Session> {
    const started = performance.now()
    const session = await this.#session.fresh()
    this.#log.connections.push(performance.now() - started)
    return session
  }

  async close(last?: Sh): Promise<void> {
    await this.#session.close(last)
  }
}
