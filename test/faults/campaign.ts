import { backIn } from '../e2e/reach.ts'
import { type Course, type Field, otherwise, shapeOf, tornOn } from './field.ts'
import type { Moment } from './moments.ts'

/** What came of one strike. */
export interface Outcome {
  readonly moment: Moment
  /** The run had come to its end before: nothing was struck. */
  readonly missed?: true
  /** Seconds until one got in again, or nothing where nobody did. */
  readonly back?: number
  readonly torn: readonly string[]
  /** Runs until it was as wanted, or nothing where it never was. */
  readonly runs?: number
  readonly wrong: readonly string[]
}

/** Seconds in which a host is to be reachable again. */
const BACK = 90

/**
 * Strikes a run, looks at what is left, and lets the next one come.
 *
 * @param broken - brings the host to where the run begins
 */
export const struck = async (
  place: Field,
  moment: Moment,
  course: Course,
  broken: () => Promise<void>,
): Promise<Outcome> => {
  await broken()
  if (!(await place.strike(moment))) return { moment, missed: true, torn: [], wrong: [] }
  const back = await reachable(place.name)
  if (back === undefined) return { moment, torn: [], wrong: [`nobody gets in ${BACK} s later`] }
  const half = await tornOn(place.name, course)
  const said: string[] = []
  for (let runs = 1; runs <= 3; runs += 1) {
    const { code, stdout, stderr } = await place.run()
    if (code !== 0) {
      said.push(`run ${runs} ended with ${code}: ${stdout.slice(-1500)}${stderr.slice(-500)}`)
      continue
    }
    return { moment, back, torn: half, runs, wrong: [...said, ...otherwise(course.after, await shapeOf(place.name))] }
  }
  return { moment, back, torn: half, wrong: said }
}

const reachable = (name: string): Promise<number | undefined> =>
  backIn(name, performance.now(), BACK).catch(() => undefined)

/** One line for a person. */
export const line = ({ moment, missed, back, runs, torn: half, wrong }: Outcome): string => {
  const what = `${moment.kind}, request ${moment.n}${moment.phase === 'during' ? ` after ${moment.ms} ms` : ` (${moment.phase})`}`
  if (missed) return `${what}: the run was over before`
  const rest = [...half.map((path) => `torn: ${path}`), ...wrong]
  return `${what}: back after ${back ?? 'never'} s, as wanted after ${runs ?? 'no'} run${runs === 1 ? '' : 's'}${rest.map((text) => `\n    ${text}`).join('')}`
}

/** The figures of a campaign. */
export const figures = (outcomes: readonly Outcome[]) => {
  const hit = outcomes.filter(({ missed }) => missed !== true)
  return {
    injected: hit.length,
    lost: hit.filter(({ back }) => back === undefined).length,
    torn: hit.reduce((sum, one) => sum + one.torn.length, 0),
    runs: Math.max(0, ...hit.map(({ runs }) => runs ?? Infinity)),
    wrong: hit.filter(({ wrong }) => wrong.length > 0).length,
    slowest: Math.max(0, ...hit.map(({ back }) => back ?? Infinity)),
  }
}
