import type { Reading, View } from '../language/judge.ts'
import type { Family, Found, Probe } from '../language/probe.ts'
import { raw, Sh, sh } from '../language/sh.ts'
import type { Output } from '../session/session.ts'
import { message, tail } from './failure.ts'

/** Bytes of a probe's answer; beyond it the answer is not complete and thus no answer. */
export const READ_LIMIT = 16 * 1024 * 1024

/** The epoch of what was never read. */
const EXPECTED = -1

/**
 * What has been read from a host. After anything was changed, what was read before is kept for foretelling only:
 * {@link View.get} answers with fresh reads and nothing else.
 */
export class Facts implements View {
  readonly #readings = new Map<string, { reading: Reading; epoch: number }>()
  #epoch = 0

  /** A reading made since the last change. */
  get(probe: Probe): Reading | undefined {
    const found = this.#readings.get(probe.id)
    return found?.epoch === this.#epoch ? found.reading : undefined
  }

  /** The latest reading of everything, however old. */
  get latest(): View {
    return { get: (probe) => this.#readings.get(probe.id)?.reading }
  }

  /** Something was changed: nothing read so far may be acted on any more. */
  expire(): void {
    this.#epoch += 1
  }

  /** What a change is expected to bring about: for foretelling only, until it has been looked at. */
  expect(assumed: ReadonlyMap<string, Reading>): void {
    for (const [id, reading] of assumed) this.#readings.set(id, { reading, epoch: EXPECTED })
  }

  /** As if it had never been read. */
  forget(probe: Probe): void {
    this.#readings.delete(probe.id)
  }

  record(probe: Probe, reading: Reading): void {
    this.#readings.set(probe.id, { reading, epoch: this.#epoch })
  }
}

/** Which question a command puts, for whoever looks at the clock. */
export const askedBy = new WeakMap<Sh, string>()

/** Probes on their way to the host: one command for each family, and what to do with the answers. */
export interface Question {
  readonly commands: readonly Sh[]
  answer(outputs: readonly Output[], facts: Facts): void
}

/** Merges probes, and what their answers rest on, into one command for each family. */
export const question = (probes: readonly Probe[]): Question => {
  const families = new Map<Family, Map<string, Probe>>()
  const add = (probe: Probe): void => {
    if (families.get(probe.family)?.has(probe.id)) return
    // First what it rests on, as that is answered first.
    for (const base of probe.family.rests?.(probe.key) ?? []) add(base)
    const members = families.get(probe.family) ?? new Map<string, Probe>()
    families.set(probe.family, members.set(probe.id, probe))
  }
  for (const probe of probes) add(probe)
  const groups = [...families].map(([family, members]) => ({ family, probes: [...members.values()] }))
  return {
    commands: groups.map(({ family, probes: members }) => {
      const asking = built(() => command(family, members))
      askedBy.set(asking, family.name)
      return asking
    }),
    answer: (outputs, facts) => {
      for (const [index, group] of groups.entries()) {
        const output = outputs[index]
        if (output !== undefined) readInto(facts, group.family, group.probes, output)
      }
    },
  }
}

/** A question that cannot be put (a key that no argument can hold) fails like one that the host cannot answer. */
const built = (build: () => Sh): Sh => {
  try {
    return build()
  } catch (error) {
    return sh`printf '%s\n' ${message(error)} >&2; exit 1`
  }
}

/** Where a needed program is missing the answer is empty: its absence is a state. */
const command = ({ needs = [], read }: Family, probes: readonly Probe[]): Sh => {
  const guards = needs.flatMap((program) => sh`command -v ${program} >/dev/null || exit 0; `.pieces)
  return new Sh([...guards, ...raw('cd /; ').pieces, ...read(probes.map(({ key }) => key)).pieces])
}

const readInto = (facts: Facts, family: Family, probes: readonly Probe[], output: Output): void => {
  for (const probe of probes) facts.record(probe, { error: `${probe.id}: the host gave no answer` })
  try {
    const answers = family.parse(
      complete(output),
      probes.map(({ key }) => key),
      foundIn(facts),
    )
    for (const probe of probes) {
      const state = answers.get(probe.key) ?? new Error('the answer is missing')
      facts.record(probe, state instanceof Error ? unseen(probe, state) : { state })
    }
  } catch (error) {
    for (const probe of probes) facts.record(probe, unseen(probe, error))
  }
}

const told = (reading: Reading | undefined, probe: Probe): string =>
  reading !== undefined && 'error' in reading ? reading.error : `${probe.id} was not asked for`

/** Another probe could not be looked at, and says so itself. */
class UnseenError extends Error {}

const unseen = (probe: Probe, error: unknown): Reading => ({
  error: error instanceof UnseenError ? error.message : `could not look at ${probe.id}: ${message(error)}`,
})

/** What others rest on was read in the same question, and before them. */
const foundIn =
  (facts: Facts): Found =>
  (probe) => {
    const reading = facts.get(probe)
    if (reading === undefined || !('state' in reading)) throw new UnseenError(told(reading, probe))
    // What was read of a probe is what its own family made of it.
    return reading.state as never
  }

/** @throws Error when the command failed, was cut short or was ended: none of these is ever read as “not there” */
const complete = ({ code, stdout, stderr, truncated, timedOut }: Output): string => {
  const said = tail(stderr, 5)
  if (timedOut) throw new Error('no answer in time')
  if (truncated) throw new Error(`the answer is longer than ${READ_LIMIT} bytes`)
  if (code !== 0) throw new Error(`exit code ${code ?? 'unknown'}${said === '' ? '' : `: ${said}`}`)
  return stdout.toString()
}
