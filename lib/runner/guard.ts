import { blob } from '../language/blob.ts'
import { Sh, sh } from '../language/sh.ts'
import type { Drift, Guard, Task } from '../language/task.ts'
import { spell } from '../session/compose.ts'
import { LostError, UnreachableError } from '../session/session.ts'
import { message, tail } from './failure.ts'
import type { HostLink } from './host.ts'

/** The guard of a change, where it has one. */
export const guardOf = (task: Task, drift: Drift): Guard | undefined => {
  const guard = 'guard' in task ? task.guard : undefined
  const made = typeof guard === 'function' ? guard(drift) : guard
  return made instanceof Sh ? { undo: made } : made
}

/**
 * Steps that could shut us out, from the first until it is proved that one can still get in. Meanwhile the host is armed:
 * without the proof it puts back by itself (prelude-safety.ts).
 */
export class Guards {
  readonly #host: HostLink
  #open = false

  constructor(host: HostLink) {
    this.#host = host
  }

  get open(): boolean {
    return this.#open
  }

  /** What arms the host: to stand before the change. From here on nothing is certain until it is proved. */
  arming(title: string, { files = [], undo }: Guard): Sh {
    this.#open = true
    this.#host.patient = true
    return sh`tu_guard ${title} ${files} ${blob(`${spell(undo)}\n`)}`
  }

  /**
   * Proves by a new connection that one can still get in, which then disarms the host; or has the host put back.
   *
   * @returns why it was put back, where it was
   */
  async prove(): Promise<string | undefined> {
    try {
      const said = await this.#disarm()
      return said === undefined ? undefined : `the proof that one can still get in came too late; put back: ${said}`
    } catch (error) {
      if (!(error instanceof UnreachableError || error instanceof LostError)) throw error
      const back = await this.#putBack()
      return `nobody could get in any more by a new connection (${message(error)}); put back: ${back}`
    } finally {
      this.#open = false
      this.#host.patient = false
    }
  }

  /** @returns what was put back before it came to that */
  async #disarm(): Promise<string | undefined> {
    const fresh = await this.#host.session.fresh()
    try {
      const [output] = await fresh.exec([sh`tu_proved`])
      return output?.code === 0 ? undefined : tail(output?.stderr ?? '', 3)
    } finally {
      await fresh.close()
    }
  }

  /** At once by the connection that is there; where that is lost as well, the host does it by itself. */
  async #putBack(): Promise<string> {
    this.#host.facts.expire()
    const [output] = await this.#host.insist([sh`tu_put_back`])
    return output?.code === 0 ? tail(output.stdout, 3) : `it is not known what: ${tail(output?.stderr ?? '', 3)}`
  }
}
