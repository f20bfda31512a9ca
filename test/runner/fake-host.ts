import type { Event } from '../../lib/events.ts'
import {
  type Blob,
  type Declared,
  family,
  type HostFacts,
  type Role,
  sh,
  type Sh,
  type State,
  type Task,
  task,
} from '../../lib/index.ts'
import { runFleet } from '../../lib/runner/fleet.ts'
import type { RunInfo } from '../../lib/runner/journal/journal.ts'
import type { Keeping } from '../../lib/runner/job.ts'
import { LostError, type Output, type Session, UnreachableError } from '../../lib/session/session.ts'
import * as z from 'zod'
import { TRIXIE } from '../roles/facts.ts'

const things = (name: string) =>
  family<State>({
    name,
    read: (keys) => sh`read ${keys}`,
    parse: (stdout, keys) => {
      const on = JSON.parse(stdout) as Record<string, boolean | string>
      return new Map(
        keys.map((key) => [key, typeof on[key] === 'string' ? new Error(String(on[key])) : { on: on[key] === true }]),
      )
    },
  })

/** A question about one thing of the fake host: `on` says whether it is there. */
export const thing = things('thing')
/** The same about a file. */
export const paper = things('file')

/** A task that switches a thing on. */
export const on = (name: string, more: Partial<Omit<Declared, 'kind'>> = {}): Task =>
  task({ title: `${name} on`, want: thing(name).is({ on: true }), apply: () => sh`on ${name}`, ...more })

/** A file that is put in place; neighbours of its kind go in one request. */
export const put = (name: string, more: Partial<Omit<Declared, 'kind'>> = {}): Task =>
  on(name, { title: `${name} put`, want: paper(name).is({ on: true }), owns: [{ path: `/${name}` }], ...more })

export const roleOf = (name: string, tasks: readonly Task[]): Role => ({ name, vars: z.unknown(), tasks: () => tasks })

export const FACTS: HostFacts = { ...TRIXIE, container: true, sshFrom: '10.0.0.1' }

/** A host of things that are on or off, which logs every request. */
export class FakeHost implements Session {
  readonly name = 'web1'
  readonly on: Set<string>
  readonly requests: string[][] = []
  /** Commands that fail, by their text: what they say. */
  readonly broken = new Map<string, string>()
  /** Things that cannot be looked at, with the reason. */
  readonly hidden = new Map<string, string>()
  /** What else happens when a thing is switched on. */
  readonly effects = new Map<string, () => void>()
  /** Commands on whose way the connection is lost, once: before the host runs them, or after. */
  readonly losing = new Map<string, 'before' | 'after'>()
  /** What becomes of a hello, where it is not answered. */
  refusal: Error | undefined
  /** Handlers that are written down on the host. */
  readonly owed = new Set<string>()
  /** Titles of changes that wait for the proof that one can still get in. */
  readonly armed: string[] = []
  /** Whether a new connection gets in. */
  reachable = true
  /** What the hello tells of earlier runs. */
  left: readonly string[] = []
  hellos = 0
  /** What it said of itself the last time, where that is known. */
  guess: HostFacts | undefined
  /** Everything that came as content. */
  readonly blobs: Blob[] = []
  /** What it was told at the end. */
  last: Sh | undefined

  constructor(on: readonly string[] = []) {
    this.on = new Set(on)
  }

  get trips(): number {
    return this.requests.length
  }

  async hello(meanwhile?: (guess: HostFacts) => void): Promise<HostFacts> {
    this.hellos += 1
    if (this.refusal !== undefined) throw this.refusal
    if (this.guess !== undefined) meanwhile?.(this.guess)
    return this.guess?.bootId === FACTS.bootId ? this.guess : FACTS
  }

  async exec(commands: readonly Sh[]): Promise<Output[]> {
    const texts = commands.map((command) => this.#noted(String(command)))
    this.requests.push(texts)
    this.blobs.push(...commands.flatMap(({ blobs }) => blobs))
    return texts.map((text) => {
      const links = [...text.matchAll(LINK)].map(([, link = '']) => this.#noted(link))
      return links.length > 0 ? this.#chain(links) : this.#one(unwrapped(text))
    })
  }

  #one(inner: string): Output {
    const lost = this.losing.get(inner)
    this.losing.delete(inner)
    if (lost === 'before') throw new LostError('cut')
    const output = this.#run(inner)
    if (lost === 'after') throw new LostError('cut')
    return output
  }

  /** Up to and with the first that fails (lib/runner/batch.ts). */
  #chain(links: readonly string[]): Output {
    let whole = this.#run('true')
    for (const link of links) {
      const output = this.#one(link)
      const said = `${whole.stdout.toString()}${output.stdout.toString()}\0${output.code}\0`
      whole = { ...output, stdout: Buffer.from(said) }
      if (output.code !== 0) break
    }
    return whole
  }

  /** Handlers that are written down before a change, and struck off after their work. */
  #noted(text: string): string {
    const [, name, change] = /^tu_owe (\S+) .*(?: \|\| exit\n([^]*))?$/.exec(text) ?? []
    if (name !== undefined) this.owed.add(name)
    const [, quoted, plain, armed] =
      /(?:^|\n)tu_guard (?:'([^']*)'|(\S+)) [^\n]*‹.* \|\| exit\n([^]*)$/.exec(text) ?? []
    if (armed !== undefined) this.armed.push(quoted ?? plain ?? '')
    const [, run, paid] = /^\(\n([^]*)\n\) && tu_paid (\S+)$/.exec(text) ?? []
    if (paid !== undefined && !this.broken.has(run ?? '')) this.owed.delete(paid)
    if (text.startsWith('tu_paid ')) this.owed.delete(text.slice('tu_paid '.length))
    return (armed ?? change ?? run ?? text).replace(/^cd \/; /, '')
  }

  #run(text: string): Output {
    const end = (code: number, stdout: string, stderr = '') => ({
      code,
      stdout: Buffer.from(stdout),
      stderr: Buffer.from(stderr),
      truncated: false,
      timedOut: false,
    })
    const broken = this.broken.get(text)
    if (broken !== undefined) return end(1, '', broken)
    const [verb, ...names] = text.split(' ')
    if (verb === 'read')
      return end(
        0,
        JSON.stringify(Object.fromEntries(names.map((name) => [name, this.hidden.get(name) ?? this.on.has(name)]))),
      )
    if (verb === 'tu_proved') this.armed.splice(0)
    if (verb === 'tu_put_back') return end(0, `“${this.armed.splice(0).join('”, “')}”`)
    for (const name of verb === 'on' ? names : []) this.on.add(name)
    for (const name of verb === 'on' ? names : []) this.effects.get(name)?.()
    return end(0, '')
  }

  async upload(): Promise<void> {}
  async fresh(): Promise<Session> {
    this.requests.push(['fresh'])
    if (!this.reachable) throw new UnreachableError('web1: connection refused')
    return this
  }
  async close(last?: Sh): Promise<void> {
    this.last = last
  }
}

/** One of a chain of commands. */
const LINK = /\(\n([^]*?)\n\)\ntu_code=\$\?; printf .*\n/g

/** A change without what is written into the journal around it. */
const unwrapped = (text: string): string =>
  /\(\n(.*)\n\)\ntu_code/s.exec(text)?.[1] ?? /^tu_change [^&]* &&\n(.*)$/s.exec(text)?.[1] ?? text

export interface Told {
  readonly code: number
  readonly events: readonly Event[]
  /** `title: status`, in order. */
  readonly story: readonly string[]
}

/** Runs roles on the fake host, or by any other session. */
export const run = async (
  host: Session,
  roles: readonly Role[],
  options: {
    dryRun?: boolean
    diff?: boolean
    reboot?: boolean
    signal?: AbortSignal
    keeping?: Keeping
    info?: RunInfo
  } = {},
): Promise<Told> => {
  const events: Event[] = []
  const code = await runFleet({
    id: 'test',
    version: '0',
    targets: [
      {
        name: host.name,
        site: { domain: 'x.test', project: 'x', dir: '/x' },
        assignments: roles.map((role) => ({ role, vars: {} })),
        open: async () => host,
      },
    ],
    roles: roles.map(({ name }) => name),
    dryRun: options.dryRun ?? false,
    reboot: options.reboot ?? false,
    diff: options.diff ?? false,
    verbose: false,
    forks: 1,
    signal: options.signal ?? new AbortController().signal,
    emit: (event) => events.push(event),
    renderer: 'silent',
    ...(options.keeping && { keeping: options.keeping }),
    ...(options.info && { info: options.info }),
  })
  const story = events.flatMap((event) => {
    if (event.event === 'task') return [`${event.task}: ${event.status}`]
    return event.event === 'handler' ? [`${event.task}! ${event.status}`] : []
  })
  return { code, events, story }
}
