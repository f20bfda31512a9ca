/** Bytes kept of a stream that may be endless: its first half-limit and its last, and everything where that fits. */
export class Bounded {
  readonly #limit: number
  readonly #half: number
  #bytes = Buffer.alloc(0)
  #total = 0
  #dropped = false

  /** @param limit - bytes kept at most; at least 2 */
  constructor(limit: number) {
    this.#limit = Math.max(2, limit)
    this.#half = Math.floor(this.#limit / 2)
  }

  get truncated(): boolean {
    return this.#dropped || this.#total > this.#limit
  }

  /** How many bytes are kept. */
  get size(): number {
    return Math.min(this.#total, this.#limit)
  }

  /** Takes note of bytes for which there is no room. */
  drop(): void {
    this.#dropped = true
  }

  push(chunk: Buffer): void {
    for (let from = 0; from < chunk.length; ) {
      const at = this.#position()
      const count = Math.min(chunk.length - from, this.#limit - at)
      this.#reserve(at + count)
      chunk.copy(this.#bytes, at, from, from + count)
      from += count
      this.#total += count
    }
  }

  /** The kept bytes in order; where `truncated`, the middle is missing. */
  bytes(): Buffer {
    if (this.#total <= this.#limit) return this.#bytes.subarray(0, this.#total)
    const oldest = this.#position()
    const tail = [this.#bytes.subarray(oldest, this.#limit), this.#bytes.subarray(this.#half, oldest)]
    return Buffer.concat([this.#bytes.subarray(0, this.#half), ...tail])
  }

  /** Where the next byte goes: onwards, and once full around in the second half. */
  #position(): number {
    if (this.#total < this.#limit) return this.#total
    return this.#half + ((this.#total - this.#half) % (this.#limit - this.#half))
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.min(this.#limit, Math.max(size, 2 * this.#bytes.length)))
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}
