import type { Blob } from './blob.ts'
import type { Claim, Fact, Probe } from './probe.ts'
import type { Sh } from './sh.ts'
import type { Change, State } from './state.ts'

/** What an apply is given: what was found, what must change, and just the keys of that. */
export interface Drift<S extends State = State> {
  readonly now: S
  readonly changes: readonly Change[]
  readonly keys: readonly string[]
}

/** Work that many tasks ask for and that is done once, at the end of the role: `reload:nginx`. */
export interface Handler {
  readonly id: string
  readonly title: string
  readonly run: Sh
  /** What must hold afterwards. */
  readonly want?: Fact
  /** Seconds; 300 unless given. */
  readonly timeout?: number
}

/**
 * The way back of a change that could shut us out. It is armed before the change is made; unless a new connection then
 * proves that one can still get in, the host puts the files back and runs the undo: within 60 s, also where the run has
 * died or the host was rebooted.
 */
export interface Guard {
  /** Files as they are to be again; those that were not there are removed. */
  readonly files?: readonly string[]
  /** Run by bash once the files are as they were; it has none of the `tu_` functions. */
  readonly undo: Sh
}

/** A path that a task writes: the whole of it, or a part. Two owners of a whole path are refused. */
export interface Ownership {
  readonly path: string
  readonly part?: true
}

/** A text file that a task changes, for the diff: the content it will have, given the content it has ('' when absent). */
export interface Preview {
  readonly path: string
  after(before: string): string
}

/** The result of a command on the host. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A command under way on the host, with zx's manners: await it, or ask for less. Rejects when the command fails. */
export interface Running extends Promise<Ran> {
  /** Does not reject when the command fails. */
  nothrow(): Promise<Ran>
  /** Just the output, without the line end. */
  text(): Promise<string>
  /** Just the exit code, whatever it is. */
  readonly exitCode: Promise<number>
}

/** Runs a command on the host: `` await $`systemctl is-active ${unit}` ``. Interpolations are quoted as in `sh`. */
export type Dollar = (texts: TemplateStringsArray, ...parts: Parameters<typeof import('./sh.ts').sh>[1][]) => Running

/** What imperative tasks work with. */
export interface Context {
  readonly $: Dollar
  /** Writes content to a new file on the host, over sftp where it is big. The file is root's (or the login's), 0600. */
  upload(content: Blob, path: string): Promise<void>
}

interface Common {
  /** Unique within its role, the same in every run: no secrets, no values that change. */
  readonly title: string
  readonly owns?: readonly Ownership[]
}

/** A guard, or just its undo; a function where it depends on what drifted, and none where nothing could happen. */
type Guarding<S extends State> = Guard | Sh | { guard(drift: Drift<S>): Guard | Sh | undefined }['guard']

/** A function from drift to claims; written as a method so that a task about a narrower state is still a Task. */
type Provider<S extends State> = { provide(drift: Drift<S>): readonly Claim[] }['provide']

interface Effects<S extends State> extends Common {
  /** The claim that the task makes true. */
  readonly want: Fact<S>
  /** Effects on other things; may depend on what drifted. */
  readonly provides?: readonly Claim[] | Provider<S>
  readonly notifies?: Handler | readonly Handler[]
  /** For a change that could shut us out. */
  readonly guard?: Guarding<S>
  readonly preview?: Preview
  /** The changes in people's words, where keys and values are a program's; values come as they may be shown. */
  words?(changes: readonly Change[]): readonly string[]
  /** Keys whose values are never shown, because a secret could be told from them. */
  readonly sensitive?: readonly string[]
  /**
   * Its change touches the one path that it owns and nothing below it, and rests on nothing else: neighbours of that kind
   * go in one request.
   */
  readonly alone?: true
  /** Its change may leave a notice that the host wants a reboot: packages do, others by `tu_reboot_required WHY`. */
  readonly reboots?: true
  /** Seconds that one attempt may take; 300 unless given. */
  readonly timeout?: number
  /** Further attempts when the command fails (a registry, a mirror); none unless given. */
  readonly retries?: number
}

/** A task whose change is one command. */
export interface Declared<S extends State = State> extends Effects<S> {
  readonly kind: 'task'
  apply(drift: Drift<S>): Sh
}

/** A task whose change needs several steps, or the runner's side too. */
export interface Imperative<S extends State = State> extends Effects<S> {
  readonly kind: 'run'
  run(ctx: Context, drift: Drift<S>): Promise<void>
}

/** A task that only looks: a preflight, a version floor. */
export interface Check<S extends State = State> extends Common {
  readonly kind: 'check'
  readonly want: Fact<S>
  readonly level: 'warn' | 'fail'
  say(found: { readonly now: S; readonly changes: readonly Change[] }): string
}

/** A task that can be written only once something else is known. */
export interface Derived<S extends State = State> extends Common {
  readonly kind: 'derive'
  readonly from: Probe<S>
  /** What the written task will look at, so that it is asked for in the same round trip. */
  readonly reads: readonly Probe[]
  make(state: S): Declared | Imperative | Check
}

/** A one-off in zx's manner, run on the host. Costs a trip per command and foretells nothing. */
export interface Scripted extends Common {
  readonly kind: 'script'
  /** Seconds that each of its commands may take; 300 unless given. */
  readonly timeout?: number
  readonly notifies?: Handler | readonly Handler[]
  check($: Dollar): Promise<boolean>
  apply($: Dollar): Promise<unknown>
}

/** One line of a role. The type of the state that a task looks at is its own business, hence the method signatures. */
export type Task = Declared | Imperative | Check | Derived | Scripted

type New<T> = Omit<T, 'kind'>

/** A task: `want` is compared with what is found; on drift, `apply` (or `run`) is carried out and `want` read again. */
export function task<S extends State>(definition: New<Declared<S>>): Declared<S>
export function task<S extends State>(definition: New<Imperative<S>>): Imperative<S>
export function task<S extends State>(definition: New<Declared<S>> | New<Imperative<S>>): Declared<S> | Imperative<S> {
  return 'apply' in definition ? { ...definition, kind: 'task' } : { ...definition, kind: 'run' }
}

/** A task that only looks, and warns or fails. */
export const check = <S extends State>(definition: New<Check<S>>): Check<S> => ({ ...definition, kind: 'check' })

/** A task written from what a probe found; its title must be the one given here. */
export const derive = <S extends State>(definition: New<Derived<S>>): Derived<S> => ({ ...definition, kind: 'derive' })

/** The escape hatch: a check and an apply in zx's manner, run on the host. */
export const script = (definition: New<Scripted>): Scripted => ({ ...definition, kind: 'script' })

/** Something done once at the end of the role, however many tasks ask for it. */
export const handler = (definition: Handler): Handler => definition
