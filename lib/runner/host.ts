import type { Probe } from '../language/probe.ts'
import type { Sh } from '../language/sh.ts'
import { type ExecOptions, LostError, type Output, type Session, UnreachableError } from '../session/session.ts'
import type { Journal } from './journal/journal.ts'
import { Facts, type Question, question, READ_LIMIT } from './facts.ts'

/** Seconds that the reads behind a change may take on top of it. */
const READ_SECONDS = 60

const READING = { limit: READ_LIMIT, reads: true } as const

/** Seconds in which a host puts back what has shut us out, and a little more. */
const PATIENCE = 100

/** A host as the runner works with it: what is known of it, and the two ways to speak to it, asking and changing. */
export class HostLink {
  readonly session: Session
  readonly facts = new Facts()
  readonly journal: Journal | undefined
  /** A change may have shut us out: the host is given the time to put it back. */
  patient = false

  constructor(session: Session, journal?: Journal) {
    this.session = session
    this.journal = journal
  }

  /** Reads probes, all in one round trip. */
  async read(probes: readonly Probe[]): Promise<void> {
    await this.answer(question(probes))
  }

  async answer({ commands, answer }: Question): Promise<void> {
    if (commands.length > 0) answer(await this.#ask(commands, READING), this.facts)
  }

  /**
   * Puts a question whose answer may turn out to be of no use.
   *
   * @returns how to take the answer in, which says whether there is one
   */
  ahead({ commands, answer }: Question): () => Promise<boolean> {
    const outputs = commands.length > 0 ? this.session.exec(commands, READING) : Promise.resolve([])
    outputs.catch(() => {})
    return async () => {
      try {
        answer(await outputs, this.facts)
        return true
      } catch (error) {
        if (error instanceof LostError) return false
        throw error
      }
    }
  }

  /** Asks, once more where the connection was lost on the way: asking changes nothing. */
  async #ask(commands: readonly Sh[], options: ExecOptions = { limit: READ_LIMIT }): Promise<Output[]> {
    try {
      return await this.#exec(commands, options)
    } catch (error) {
      if (!(error instanceof LostError)) throw error
      await this.again()
      return await this.#exec(commands, options)
    }
  }

  /** One request; what is due for the journal rides in front of it. */
  async #exec(commands: readonly Sh[], options: ExecOptions): Promise<Output[]> {
    const due = this.journal?.due
    try {
      const outputs = await (due === undefined
        ? this.session.exec(commands, options)
        : this.session.exec([due, ...commands], { ...options, reads: false }))
      this.journal?.carried(true)
      return due === undefined ? outputs : outputs.slice(1)
    } catch (error) {
      this.journal?.carried(false)
      throw error
    }
  }

  /** Connects anew. @throws UnreachableError */
  async again(): Promise<void> {
    const started = performance.now()
    for (;;) {
      try {
        await this.session.hello()
        return
      } catch (error) {
        const late = performance.now() - started > PATIENCE * 1000
        if (!this.patient || late || !(error instanceof UnreachableError)) throw error
      }
      await new Promise((resume) => setTimeout(resume, 1000))
    }
  }

  /** Sends commands that may be repeated, anew where the connection is lost. */
  async insist(commands: readonly Sh[]): Promise<Output[]> {
    return await this.#ask(commands)
  }

  /** The same for what is worth no failure: a note on the host. */
  async tell(...commands: readonly Sh[]): Promise<void> {
    await this.#ask(commands)
  }

  /**
   * Sends changes, and the reads behind them in the same request. From here on nothing that was read before counts.
   *
   * @param seconds - that the changes may take
   * @returns what each command did, or nothing when the connection was lost on the way and made again: then only a new
   * look can tell what became of it
   */
  async change(commands: readonly Sh[], reads: Question, seconds: number): Promise<Output[] | undefined> {
    this.facts.expire()
    try {
      const options = { timeout: seconds + READ_SECONDS, limit: READ_LIMIT }
      const outputs = await this.#exec([...commands, ...reads.commands], options)
      reads.answer(outputs.slice(commands.length), this.facts)
      return outputs.slice(0, commands.length)
    } catch (error) {
      if (!(error instanceof LostError)) throw error
      await this.again()
      return undefined
    }
  }
}
