/**
 * A line that the loop prints on both outputs: `NONCE SEQ INDEX CODE`. Index 0 stands before the first command of
 * request SEQ, index n after its nth with the exit code, and `-` after the last with `done` or `timeout`.
 */
export interface Mark {
  readonly seq: number
  /** `-` where the request is over. */
  readonly index: number | '-'
  readonly code: string
}

export interface FrameEvents {
  bytes(chunk: Buffer): void
  mark(mark: Mark): void
}

const NONE = Buffer.alloc(0)

/** Splits one output stream into marks and the bytes between them, however the stream is cut into chunks. */
export class Frames {
  readonly #nonce: Buffer
  readonly #events: FrameEvents
  #held = NONE

  constructor(nonce: string, events: FrameEvents) {
    this.#nonce = Buffer.from(nonce)
    this.#events = events
  }

  feed(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    for (;;) {
      const at = rest.indexOf(this.#nonce)
      const before = at === -1 ? this.#beginning(rest) : at
      if (before > 0) this.#events.bytes(rest.subarray(0, before))
      rest = rest.subarray(before)
      const end = at === -1 ? -1 : rest.indexOf(0x0a)
      if (end === -1) break
      this.#mark(rest.subarray(this.#nonce.length + 1, end).toString())
      rest = rest.subarray(end + 1)
    }
    // A copy, so that a few bytes do not keep a large chunk alive.
    this.#held = rest.length === 0 ? NONE : Buffer.from(rest)
  }

  /** The stream has ended: what was held back is no mark. */
  end(): void {
    if (this.#held.length > 0) this.#events.bytes(this.#held)
    this.#held = NONE
  }

  /** Where a nonce may begin that the chunk does not hold to its end. */
  #beginning(chunk: Buffer): number {
    const at = chunk.indexOf(this.#nonce[0] ?? 0, Math.max(0, chunk.length - this.#nonce.length + 1))
    return at === -1 ? chunk.length : at
  }

  #mark(line: string): void {
    const [seq = '', index = '', code = ''] = line.split(' ')
    this.#events.mark({ seq: Number(seq), index: index === '-' ? '-' : Number(index), code })
  }
}
