import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import type { Blob } from '../language/blob.ts'
import { quote } from '../language/quote.ts'
import type { HostFacts } from '../language/role.ts'
import { raw, type Sh } from '../language/sh.ts'
import { hereScript, jobScript, spell } from './compose.ts'
import { hello, parseHello } from './hello.ts'
import { attempt, type Claim, type Found, parseFound, take } from './lock.ts'
import {
  type ExecOptions,
  LockedError,
  LostError,
  type Output,
  type Remembered,
  type Session,
  UnreachableError,
} from './session.ts'
import { type Patience, Shell, type Streams } from './shell.ts'
import { largeIn, runSpooled } from './spool.ts'
import { Turns } from './turns.ts'
import { isAlone, upload } from './upload.ts'

/** Starts a bash with the loop's command line, by the way in of a connection that is there. @throws UnreachableError */
export type Connect = (like?: Streams) => Promise<Streams>

export interface SessionOptions extends Patience {
  /** Shell functions that every command can call. */
  readonly prelude?: Sh | string | undefined
  /** Where content too large to ride along is put for the length of a request. `/run` unless given. */
  readonly spool?: string
  /** Other addresses by which a fresh connection must get in as well. */
  readonly beside?: readonly Connect[]
  /** The lock to take at every hello, or to look at. */
  readonly claim?: Claim | undefined
  /** What the host said of itself the last time, where that is kept. */
  readonly remembered?: Remembered | undefined
  /** Stands before the paths where locks lie, so that tests of this machine keep apart. */
  readonly root?: string
  /** Told what a person should know and what no run fails for. */
  readonly onWarning?: ((message: string) => void) | undefined
}

/** Seconds that the last command of a connection may take. */
const FAREWELL = 10

/** The next run need not wait until the processes of this one have ended. */
const UNLOCK = 'exec 9>&-'

/** For a session whose prelude knows how to tell. */
const LEFT = '! declare -F tu_left > /dev/null || tu_left'

/** One connection of a session. */
interface Link {
  readonly shell: Shell
  readonly turns: Turns
  readonly streams: Streams
}

interface LastWord {
  readonly mode: 'job' | 'here'
  readonly script: string
}

/** Says what a connection ends with, all at once, and waits until that is done, if not for ever. */
const answered = async (shell: Shell, words: readonly LastWord[]): Promise<void> => {
  const bounds = { timeout: FAREWELL, limit: 4096, parts: 1 } as const
  const all = Promise.allSettled(words.map(({ mode, script }) => shell.request(script, { mode, ...bounds })))
  let late: NodeJS.Timeout | undefined
  await Promise.race([all, new Promise((resolve) => (late = setTimeout(resolve, FAREWELL * 1000)))])
  clearTimeout(late)
}

/** A session over the loop, wherever its bash runs. */
export class ShellSession implements Session {
  readonly name: string
  readonly #connect: Connect
  readonly #options: SessionOptions
  #link: Link | undefined
  #trips = 0
  #left: readonly string[] = []

  /**
   * @param name - the host's in the inventory
   */
  constructor(name: string, connect: Connect, options: SessionOptions = {}) {
    this.name = name
    this.#connect = connect
    this.#options = options
  }

  get trips(): number {
    return this.#trips
  }

  get left(): readonly string[] {
    return this.#left
  }

  async hello(meanwhile?: (guess: HostFacts) => void): Promise<HostFacts> {
    await this.close()
    const streams = await this.#connect()
    const shell = new Shell(this.name, streams, this.#options)
    this.#link = { shell, turns: new Turns(), streams }
    try {
      // All of it at once: the lock costs no round trip of its own.
      const greeting = Promise.all([this.#prelude(shell), this.#claim(shell), this.#facts(shell)])
      const guess = meanwhile && this.#options.remembered?.recall()
      const trips = this.#trips
      if (guess) meanwhile?.(guess)
      const [, waited, said] = await greeting
      if (guess && !waited && isDeepStrictEqual(guess, said)) return guess
      // What was asked in vain rode with the hello, which is no trip.
      this.#trips = trips
      const facts = waited ? await this.#facts(shell) : said
      if (meanwhile) this.#options.remembered?.keep(facts)
      return facts
    } catch (error) {
      // Nothing is held there, and what was asked meanwhile is of no use.
      if (error instanceof LockedError) this.#leave()
      else await this.close()
      throw error instanceof LostError ? new UnreachableError(withHint(error.message), { cause: error }) : error
    }
  }

  async exec(commands: readonly Sh[], options: ExecOptions = {}): Promise<Output[]> {
    const { shell, turns } = this.#connected()
    const large = largeIn(commands)
    const run = (texts: readonly string[]) => this.#send(shell, texts, options)
    if (large.length === 0) return turns.together(() => run(commands.map((command) => spell(command))))
    const directory = this.#options.spool ?? '/run'
    const write = ({ bytes }: Blob, path: string) => this.#write(shell, bytes, path)
    return turns.alone(() => runSpooled(commands, large, { directory, upload: write, run }))
  }

  async upload({ bytes }: Blob, path: string): Promise<void> {
    const { shell, turns } = this.#connected()
    const write = () => this.#write(shell, bytes, path)
    return isAlone(shell, bytes) ? turns.alone(write) : turns.together(write)
  }

  async fresh(): Promise<Session> {
    const like = this.#link?.streams
    const options = { ...this.#options, claim: undefined }
    const sessions = [this.#connect, ...(this.#options.beside ?? [])].map(
      (connect) => new ShellSession(this.name, () => connect(like), options),
    )
    this.#trips += sessions.length
    const hellos = await Promise.allSettled(sessions.map((session) => session.hello()))
    const failed = hellos.find((hello) => hello.status === 'rejected')
    const [first, ...others] = sessions
    await Promise.all((failed ? sessions : others).map((session) => session.close()))
    if (failed || first === undefined) throw failed?.reason
    return first
  }

  async close(last?: Sh): Promise<void> {
    const shell = this.#link?.shell
    this.#link = undefined
    if (shell === undefined) return
    if (last === undefined && !shell.idle) return await shell.close()
    const words = [
      ...(last === undefined ? [] : [{ mode: 'job', script: jobScript([spell(last)]) } as const]),
      // A dry run holds nothing.
      ...(this.#options.claim?.mode === 'take' ? [{ mode: 'here', script: hereScript([UNLOCK]) } as const] : []),
    ]
    await answered(shell, words)
    shell.leave()
  }

  #leave(): void {
    this.#link?.shell.leave()
    this.#link = undefined
  }

  #connected(): Link {
    if (this.#link === undefined) throw new LostError(`${this.name}: not connected; hello() comes first`)
    return this.#link
  }

  #write(shell: Shell, bytes: Buffer, path: string): Promise<void> {
    this.#trips += 1
    return upload(shell, bytes, path)
  }

  #send(
    shell: Shell,
    texts: readonly string[],
    { timeout = 120, limit = 1024 * 1024, here = false, reads = false }: ExecOptions,
  ): Promise<Output[]> {
    this.#trips += 1
    const script = here ? hereScript(texts) : jobScript(texts)
    return shell.request(script, { mode: here ? 'here' : reads ? 'read' : 'job', timeout, limit, parts: texts.length })
  }

  async #prelude(shell: Shell): Promise<void> {
    const { prelude = '', root = '' } = this.#options
    const text = `__root=${quote(root)}\n${spell(typeof prelude === 'string' ? raw(prelude) : prelude)}`
    const [output] = await shell.request(hereScript([text]), { mode: 'here', timeout: 30, limit: 4096, parts: 1 })
    if (output?.code !== 0) throw new Error(`${this.name}: the prelude fails: ${output?.stderr.toString().trim()}`)
  }

  async #claim(shell: Shell): Promise<boolean> {
    const { claim, root = '', onWarning } = this.#options
    return claim === undefined ? false : await take(this.name, claim, () => this.#ask(shell, claim, root), onWarning)
  }

  async #ask(shell: Shell, claim: Claim, root: string): Promise<Found> {
    const script = hereScript([spell(attempt(claim, root))])
    const [output] = await shell.request(script, { mode: 'here', timeout: 30, limit: 64 * 1024, parts: 1 })
    if (output?.code === 0) return parseFound(output.stdout.toString())
    throw new UnreachableError(`${this.name}: it cannot be locked: ${output?.stderr.toString().trim()}`)
  }

  async #facts(shell: Shell): Promise<HostFacts> {
    try {
      const options = { mode: 'read', timeout: 30, limit: 64 * 1024, parts: 2 } as const
      // Both are ours, and end nothing: no subshell for each.
      const [output, left] = await shell.request(hereScript([spell(hello), LEFT]), options)
      this.#left = left?.stdout.toString().split('\n').filter(Boolean) ?? []
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
