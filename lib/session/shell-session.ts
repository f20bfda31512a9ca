import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import type { Blob } from '../language/blob.ts'
import type { HostFacts } from '../language/role.ts'
import { raw, type Sh, sh } from '../language/sh.ts'
import { hereScript, INLINE_MAX, jobScript, receive, spell } from './compose.ts'
import { hello, parseHello } from './hello.ts'
import { type ExecOptions, LostError, type Output, type Session, UnreachableError } from './session.ts'
import { Shell, type Streams } from './shell.ts'

export interface SessionOptions {
  /** Shell functions that every command can call. */
  readonly prelude?: Sh | string | undefined
  /** Where content too large to ride along is put for the length of a request. `/run` unless given. */
  readonly spool?: string
  /** Seconds without a request or a beat after which the host ends the session. 30 unless given. */
  readonly idle?: number | undefined
}

/** A session over the loop, wherever its bash runs. */
export class ShellSession implements Session {
  readonly name: string
  readonly #connect: () => Promise<Streams>
  readonly #options: SessionOptions
  #shell: Shell | undefined
  #trips = 0

  /**
   * @param name - the host's in the inventory
   * @param connect - starts a bash with the loop's command line; throws UnreachableError
   */
  constructor(name: string, connect: () => Promise<Streams>, options: SessionOptions = {}) {
    this.name = name
    this.#connect = connect
    this.#options = options
  }

  get trips(): number {
    return this.#trips
  }

  async hello(): Promise<HostFacts> {
    await this.close()
    const shell = new Shell(this.name, await this.#connect(), this.#options.idle)
    this.#shell = shell
    try {
      const [, facts] = await Promise.all([this.#prelude(shell), this.#facts(shell)])
      return facts
    } catch (error) {
      await this.close()
      throw error instanceof LostError ? new UnreachableError(withHint(error.message), { cause: error }) : error
    }
  }

  async exec(commands: readonly Sh[], options: ExecOptions = {}): Promise<Output[]> {
    const spool = new Map<string, string>()
    const large = commands.flatMap(({ blobs }) => blobs).filter(({ bytes }) => bytes.length > INLINE_MAX)
    const uploads = [...new Map(large.map((blob) => [blob.sha256, blob])).values()].map((blob) => {
      const path = `${this.#options.spool ?? '/run'}/trueup-${randomBytes(16).toString('hex')}`
      spool.set(blob.sha256, path)
      return this.upload(blob, path)
    })
    const sweep = spool.size === 0 ? [] : [sh`rm -f ${[...spool.values()]}`]
    const texts = [...commands, ...sweep].map((command) => spell(command, spool))
    // Answers come in order, so that nothing has to be awaited before the commands are sent.
    const [outputs] = await Promise.all([this.#send(texts, options), ...uploads])
    if (sweep.length > 0 && outputs.pop()?.code !== 0) await this.exec(sweep)
    return outputs
  }

  async upload({ bytes }: Blob, path: string): Promise<void> {
    this.#trips += 1
    const options = {
      mode: 'feed',
      timeout: 120 + Math.ceil(bytes.length / 50_000),
      parts: 1,
      limit: 4096,
      content: bytes,
    } as const
    const [output] = await this.#connected().request(jobScript([receive(path, bytes.length)]), options)
    if (output?.code === 0) return
    throw new Error(`${this.name}: ${path} was not written: ${output?.stderr.toString().trim() || 'timed out'}`)
  }

  async fresh(): Promise<Session> {
    const session = new ShellSession(this.name, this.#connect, this.#options)
    this.#trips += 1
    await session.hello()
    return session
  }

  async close(): Promise<void> {
    await this.#shell?.close()
    this.#shell = undefined
  }

  #connected(): Shell {
    if (this.#shell === undefined) throw new LostError(`${this.name}: not connected; hello() comes first`)
    return this.#shell
  }

  #send(
    texts: readonly string[],
    { timeout = 120, limit = 1024 * 1024, here = false }: ExecOptions,
  ): Promise<Output[]> {
    this.#trips += 1
    const script = here ? hereScript(texts) : jobScript(texts)
    return this.#connected().request(script, { mode: here ? 'here' : 'job', timeout, limit, parts: texts.length })
  }

  async #prelude(shell: Shell): Promise<void> {
    const { prelude = '' } = this.#options
    const text = spell(typeof prelude === 'string' ? raw(prelude) : prelude)
    const [output] = await shell.request(hereScript([text]), { mode: 'here', timeout: 30, limit: 4096, parts: 1 })
    if (output?.code !== 0) throw new Error(`${this.name}: the prelude fails: ${output?.stderr.toString().trim()}`)
  }

  async #facts(shell: Shell): Promise<HostFacts> {
    try {
      const options = { mode: 'job', timeout: 30, limit: 64 * 1024, parts: 1 } as const
      const [output] = await shell.request(jobScript([spell(hello)]), options)
      if (output?.timedOut) throw new UnreachableError(`${this.name}: it did not say who it is within 30 s`)
      return parseHello(this.name, output?.stdout.toString() ?? '')
    } catch (error) {
      if (error instanceof z.ZodError)
        throw new UnreachableError(`${this.name}: it does not say who it is: ${z.prettifyError(error)}`, {
          cause: error,
        })
      throw error
    }
  }
}

const withHint = (message: string): string =>
  /bash.*not found|code 127/s.test(message)
    ? `${message}; the host needs bash: install it there by hand first`
    : message
