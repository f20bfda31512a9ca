import { randomBytes } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { Bounded } from './bounded.ts'
import { Frames, type Mark } from './frame.ts'
import { LOOP, READY } from './loop.ts'
import { Request, type RequestOptions } from './request.ts'
import { LostError, type Output } from './session.ts'

/** Fills a new file and says whether it is whole; never rejects. */
export type Fill = (bytes: Buffer) => Promise<boolean>

/** A running bash on the other side: a child process or an ssh channel, started by `bootCommand`. */
export interface Streams {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when the other side is gone, with what is known of why. Never rejects. */
  readonly closed: Promise<string>
  /** Ends the connection now, whatever is under way. */
  destroy(): void
  /** One got in by the inventory's `first`, since what it wants refused. */
  readonly first?: boolean
  /** Makes a new file (0600) by another way than the shell, where there is one; never rejects. */
  readonly create?: ((path: string) => Promise<Fill | undefined>) | undefined
}

/** How long the host waits. Seconds. */
export interface Patience {
  /** Without a request or a beat, after which the host ends the session. 30 unless given. */
  readonly idle?: number | undefined
  /** Between TERM and KILL where a request is past its deadline. 5 unless given. */
  readonly grace?: number | undefined
}

/** Beyond a request's own deadline: TERM, KILL, and a slow line. After that the connection counts as lost. Seconds. */
const GRACE = 30

/** The runner's side of the loop: sends requests, several at once if need be, and sorts what comes back. */
export class Shell {
  readonly name: string
  readonly create: Streams['create']
  readonly #streams: Streams
  readonly #requests = new Map<number, Request>()
  readonly #noise = new Bounded(4096)
  readonly #beat: NodeJS.Timeout
  #seq = 0
  #guard: NodeJS.Timeout | undefined
  #lost: string | undefined

  /** @param name - the host's, for messages */
  constructor(name: string, streams: Streams, { idle = 30, grace = 5 }: Patience = {}) {
    this.name = name
    this.create = streams.create
    this.#streams = streams
    // The colon stands nowhere else in it, so that no output can run into it.
    const nonce = `:${randomBytes(16).toString('hex')}`
    const frames = (['stdout', 'stderr'] as const).map((stream) => this.#listen(stream, nonce))
    streams.stdin.on('error', () => {})
    streams.stdin.write(`${LOOP}${nonce} ${idle} ${Math.ceil(grace * 10)}\n`)
    this.#beat = setInterval(() => streams.stdin.write('beat\n'), (idle * 1000) / 3).unref()
    void streams.closed.then((reason) => {
      for (const one of frames) one.end()
      this.#lose(reason)
    })
  }

  /** Set when the connection is gone: why. */
  get lost(): string | undefined {
    return this.#lost
  }

  /**
   * Sends a script made by compose.ts.
   *
   * @param script - what the loop evaluates; it prints `options.parts` marks
   * @throws LostError when the connection breaks before the answer is complete
   */
  request(script: string, options: RequestOptions): Promise<Output[]> {
    if (this.#lost !== undefined) return Promise.reject(this.#error())
    const text = Buffer.from(script)
    if (text.includes(0)) throw new TypeError(`${this.name}: a command cannot hold a NUL`)
    const seq = ++this.#seq
    const request = new Request(options)
    this.#requests.set(seq, request)
    if (this.#requests.size === 1) this.#watch()
    const { stdin } = this.#streams
    stdin.write(`${seq} ${options.mode} ${options.timeout} ${text.length}\n`)
    stdin.write(text)
    if (options.content !== undefined) for (const part of [options.content, '\n']) stdin.write(part)
    return request.answer
  }

  /** Says a line to a job that listens (`feed`). */
  say(line: string): void {
    this.#streams.stdin.write(`${line}\n`)
  }

  /** Whether every request has its answer. */
  get idle(): boolean {
    return this.#requests.size === 0
  }

  /** Ends the connection and waits for nothing: without one the other side ends by itself. */
  leave(): void {
    clearInterval(this.#beat)
    this.#streams.stdin.end()
    this.#streams.destroy()
  }

  /** Lets the other side end, and ends the connection. @param patience - seconds given to it */
  async close(patience = 2): Promise<void> {
    clearInterval(this.#beat)
    this.#streams.stdin.end()
    const late = setTimeout(() => this.#streams.destroy(), patience * 1000)
    await this.#streams.closed
    clearTimeout(late)
    this.#streams.destroy()
  }

  #listen(stream: 'stdout' | 'stderr', nonce: string): Frames {
    let current: Request | undefined
    let part = 0
    const frames = new Frames(nonce, {
      bytes: (chunk) => (current === undefined ? this.#noise.push(chunk) : current.push(stream, part, chunk)),
      mark: (mark) => {
        current = mark.index === '-' ? undefined : this.#requests.get(mark.seq)
        part = mark.index === '-' ? 0 : mark.index
        this.#marked(mark)
      },
    })
    this.#streams[stream].on('error', () => {})
    this.#streams[stream].on('data', (chunk: Buffer) => frames.feed(chunk))
    this.#streams[stream].resume()
    return frames
  }

  #marked(mark: Mark): void {
    const request = this.#requests.get(mark.seq)
    if (request?.mark(mark) !== true) return
    this.#requests.delete(mark.seq)
    this.#watch()
  }

  /** Bounds the wait for the oldest request, should the other side be connected and yet never answer. */
  #watch(): void {
    clearTimeout(this.#guard)
    const [oldest] = this.#requests.values()
    if (oldest === undefined) return
    const seconds = oldest.options.timeout + GRACE
    this.#guard = setTimeout(() => {
      this.#lose(`no answer after ${seconds} s`)
      this.#streams.destroy()
    }, seconds * 1000)
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return
    clearInterval(this.#beat)
    clearTimeout(this.#guard)
    const said = this.#noise.bytes().toString().replace(READY, '').trim()
    this.#lost = said === '' ? reason : `${reason}: ${said}`
    for (const request of this.#requests.values()) request.fail(this.#error())
    this.#requests.clear()
  }

  #error(): LostError {
    return new LostError(`${this.name}: the connection was lost (${this.#lost})`)
  }
}
