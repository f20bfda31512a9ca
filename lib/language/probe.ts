import type { Sh } from './sh.ts'
import type { State } from './state.ts'

/**
 * A question that can be asked about many things at once (the state of paths, of units). The engine merges all keys of
 * a run into one command on the host.
 */
export interface Family<S extends State = State> {
  readonly name: string
  /** Programs that the question is put to; where one is not installed, nothing is run and `parse` gets ''. */
  readonly needs?: readonly string[]
  /** What its answer about a key rests on: asked in the same question, and once for all who rest on it. */
  rests?(key: string): readonly Probe[]
  /** The command that answers for all keys. Its failure is never read as “not there”. */
  read(keys: readonly string[]): Sh
  /**
   * The answers, one for each key; an Error for a key that could not be looked at.
   *
   * @param found - what was found of a probe that the answer rests on
   * @throws Error when the output is not what the command prints
   */
  parse(stdout: string, keys: readonly string[], found: Found): ReadonlyMap<string, S | Error>
}

/** The state of a probe that another's answer rests on. @throws Error where it could not be looked at */
export type Found = <S extends State>(probe: Probe<S>) => S

/** One question about one thing on the host. Two probes with the same id are the same question. */
export class Probe<S extends State = State> {
  readonly id: string
  readonly key: string
  readonly family: Family<S>

  constructor(family: Family<S>, key: string) {
    this.family = family
    this.key = key
    this.id = key === '' ? family.name : `${family.name}:${key}`
  }

  /** The claim that these keys have these values; others are not looked at. */
  is(want: Partial<S>): Fact<S> {
    return { probe: this, want: defined(want), exactly: false }
  }

  /** The claim that this is all there is: any other key that is found is drift. */
  exactly(want: Partial<S>): Fact<S> {
    return { probe: this, want: defined(want), exactly: true }
  }

  /** The claim that something will change here that cannot be foretold. */
  get unsettled(): Unsettled {
    return { probe: this, unsettled: true }
  }
}

/** A claim about one thing on the host: what is wanted, or what an apply brings about. */
export interface Fact<S extends State = State> {
  readonly probe: Probe<S>
  readonly want: State
  readonly exactly: boolean
}

/** Something that will be known only later. */
export interface Unsettled {
  readonly probe: Probe
  readonly unsettled: true
}

/** What an apply does to other things than the one that it is about. */
export type Claim = Fact | Unsettled

const defined = (want: Partial<State>): State =>
  Object.fromEntries(Object.entries(want).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))

/** An answer for each key, made on its own: what is thrown about one says nothing of the others. */
export const each = <S extends State>(
  keys: readonly string[],
  make: (key: string, index: number) => S,
): ReadonlyMap<string, S | Error> =>
  new Map(
    keys.map((key, index): [string, S | Error] => {
      try {
        return [key, make(key, index)]
      } catch (error) {
        return [key, error instanceof Error ? error : new Error(String(error))]
      }
    }),
  )

/** Every kind of question that the loaded program can ask, by its name. */
const known = new Map<string, (key: string) => Probe>()

/** The question of a kind about a key, where the program knows it: for what was written down by an earlier run. */
export const probeOf = (kind: string, key: string): Probe | undefined => known.get(kind)?.(key)

/** A question asked about many things: `const path = family(…)`, then `path('/etc/motd')`. */
export const family = <S extends State>(definition: Family<S>): ((key: string) => Probe<S>) => {
  const probes = new Map<string, Probe<S>>()
  const about = (key: string) => {
    const probe = probes.get(key) ?? new Probe(definition, key)
    probes.set(key, probe)
    return probe
  }
  known.set(definition.name, about)
  return about
}

/** A question asked once: `probe({ id, read, parse })`. */
export const probe = <S extends State>(definition: {
  readonly id: string
  readonly needs?: readonly string[]
  readonly read: Sh
  parse(stdout: string): S
}): Probe<S> =>
  family<S>({
    name: definition.id,
    ...(definition.needs && { needs: definition.needs }),
    read: () => definition.read,
    parse: (stdout) => new Map([['', definition.parse(stdout)]]),
  })('')
