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

/** Bytes of a mark behind its nonce, the line end included: what is longer is none, and is not waited for. */
const LONGEST = 64

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
      if (at === -1) break
      const { length } = this.#nonce
      const behind = rest.subarray(length, length + LONGEST)
      const end = behind.indexOf(0x0a)
      if (end === -1 && behind.length < LONGEST) break
      const mark = end === -1 ? undefined : read(behind.toString('latin1', 0, end))
      if (mark === undefined) this.#events.bytes(rest.subarray(0, length))
      else this.#events.mark(mark)
      rest = rest.subarray(mark === undefined ? length : length + end + 1)
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
}

/** @returns the mark that stands behind a nonce, or undefined where none does */
const read = (line: string): Mark | undefined => {
  const [, seq, index, code] = /^ (\d+) (\d+|-) (\d+|done|timeout)$/.exec(line) ?? []
  if (seq === undefined || index === undefined || code === undefined) return undefined
  return { seq: Number(seq), index: index === '-' ? '-' : Number(index), code }
}
