/** A number of hosts, or a share of them in percent. */
export interface Amount {
  readonly count: number
  readonly percent: boolean
}

/** How many of so many hosts that is; parts of a host do not count. */
export const amountOf = ({ count, percent }: Amount, hosts: number): number =>
  percent ? Math.floor((hosts * count) / 100) : count

export interface RolloutOptions {
  /** Hosts in a batch, at least one; all of them unless given. */
  readonly serial?: Amount
  /** So many hosts may fail before no other is begun; any number unless given. */
  readonly maxFail?: Amount
}

/** Hosts that are begun together; the next ones only when all of these have ended. */
interface Batch {
  left: number
  readonly over: Promise<void>
  readonly end: () => void
}

const batchOf = (left: number): Batch => {
  let end = () => {}
  const over = new Promise<void>((resolve) => (end = resolve))
  return { left, over, end }
}

/**
 * Decides when a host may be begun: in batches, and only as long as few enough have failed. What is under way is never
 * held up: a batch that was begun is brought to its end.
 */
export class Rollout {
  readonly #hosts: readonly string[]
  readonly #size: number
  readonly #limit: number | undefined
  readonly #batches: readonly Batch[]
  readonly #rolling: boolean
  /** What was said of each batch as it began. */
  readonly #said = new Map<number, string | undefined>()
  readonly #failed: string[] = []
  #stopped: string | undefined

  /** @param hosts - in the order in which they are begun */
  constructor(hosts: readonly string[], { serial, maxFail }: RolloutOptions = {}) {
    this.#hosts = hosts
    this.#rolling = serial !== undefined
    this.#size = Math.max(1, serial === undefined ? hosts.length : amountOf(serial, hosts.length))
    this.#limit = maxFail && amountOf(maxFail, hosts.length)
    this.#batches = Array.from({ length: Math.ceil(hosts.length / this.#size) }, (_, index) =>
      batchOf(Math.min(this.#size, hosts.length - index * this.#size)),
    )
  }

  /** Waits for a host's batch. @returns why the host is not to be begun, if it is not */
  async begin(host: string): Promise<string | undefined> {
    const index = this.#batch(host)
    await this.#batches[index - 1]?.over
    if (!this.#rolling) return this.#objection()
    if (!this.#said.has(index)) this.#said.set(index, this.#objection())
    return this.#said.get(index)
  }

  /** A host's turn is over, or has not been begun. */
  end(host: string, failed: boolean): void {
    if (failed) this.#failed.push(host)
    const batch = this.#batches[this.#batch(host)]
    if (batch === undefined) return
    batch.left -= 1
    if (batch.left === 0) batch.end()
  }

  /** When every host has had its turn, or was left out. */
  async over(): Promise<void> {
    await Promise.all(this.#batches.map(({ over }) => over))
  }

  #batch(host: string): number {
    return Math.floor(this.#hosts.indexOf(host) / this.#size)
  }

  /** Said in the same words to all that are left. */
  #objection(): string | undefined {
    if (this.#limit === undefined || this.#failed.length <= this.#limit) return undefined
    this.#stopped ??= because(this.#failed, this.#hosts.length, this.#limit)
    return this.#stopped
  }
}

const because = (failed: readonly string[], hosts: number, limit: number): string => {
  const named = failed.length > 3 ? `${failed.slice(0, 3).join(', ')}, …` : failed.join(', ')
  const allowed = limit === 0 ? 'none' : String(limit)
  return `${failed.length} of ${hosts} hosts failed (${named}), and --max-fail allows ${allowed}`
}
