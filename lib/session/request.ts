import { Bounded } from './bounded.ts'
import type { Mark } from './frame.ts'
import type { Output } from './session.ts'

export interface RequestOptions {
  /** Where the loop runs it, see loop.ts. */
  readonly mode: 'job' | 'read' | 'feed' | 'here'
  /** Seconds. */
  readonly timeout: number
  /** How many commands it runs. */
  readonly parts: number
  /** Bytes of each stream kept of each command. */
  readonly limit: number
  /** Sent behind the script, with a line end, for a job that reads it (`feed`). */
  readonly content?: Buffer
}

/** Bytes kept of all outputs of a request together, whatever the limit of each: a host cannot fill our memory. */
const TOTAL = 64 * 1024 * 1024

interface Part {
  readonly stdout: Bounded
  readonly stderr: Bounded
  code: number | null
  ms: number
}

/** One request under way: collects what its commands print until both streams have come to its end. */
export class Request {
  readonly options: RequestOptions
  readonly answer: Promise<Output[]>
  readonly #parts: readonly Part[]
  #resolve: (outputs: Output[]) => void = () => {}
  #reject: (error: Error) => void = () => {}
  #ended = 0
  #at = performance.now()
  #room = TOTAL

  constructor(options: RequestOptions) {
    this.options = options
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#parts = Array.from({ length: options.parts }, () => ({
      stdout: new Bounded(options.limit),
      stderr: new Bounded(options.limit),
      code: null,
      ms: 0,
    }))
  }

  /** @param part - from 0; what is printed after the last is nobody's */
  push(stream: 'stdout' | 'stderr', part: number, chunk: Buffer): void {
    const output = this.#parts[part]?.[stream]
    if (output === undefined) return
    if (this.#room <= 0) return output.drop()
    const before = output.size
    output.push(chunk)
    this.#room -= output.size - before
  }

  /** Takes a mark of either stream. @returns whether the answer is complete with it */
  mark({ index, code }: Mark): boolean {
    if (index === '-') {
      this.#ended += 1
      if (this.#ended < 2) return false
      this.#resolve(this.#outputs(code === 'timeout'))
      return true
    }
    const now = performance.now()
    const part = this.#parts[index - 1]
    if (part !== undefined) part.code = Number(code)
    if (part !== undefined) part.ms += now - this.#at
    this.#at = now
    return false
  }

  fail(error: Error): void {
    this.#reject(error)
  }

  #outputs(timeout: boolean): Output[] {
    const running = this.#parts.findIndex(({ code }) => code === null)
    return this.#parts.map(({ stdout, stderr, code, ms }, index) => ({
      code,
      ms,
      stdout: stdout.bytes(),
      stderr: stderr.bytes(),
      truncated: stdout.truncated || stderr.truncated,
      timedOut: timeout && index === running,
    }))
  }
}
