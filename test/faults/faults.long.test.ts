import { afterAll, beforeAll, expect, it } from 'vitest'
import { down, up } from '../sandbox/index.ts'
import { grounded } from '../e2e/ground.ts'
import { asOn, figures, line, type Outcome, struck } from './campaign.ts'
import { type Course, field, readied, shapeOf } from './field.ts'
import { KINDS, moments, type Request } from './moments.ts'

/**
 * The campaign: runs killed at instants spread evenly over the kinds of moment, on two hosts side by side, each from the
 * same snapshot. `TRUEUP_SEED` repeats one, `TRUEUP_FAULTS` says how many.
 */
const ROLES = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx']
const commands = new Map<string, string>()
const [first, second] = [field('faults1', ROLES, commands), field('faults2', ROLES, commands)]
const HOSTS = [first.name, second.name]
const SEED = Number(process.env['TRUEUP_SEED'] ?? Date.now() % 100_000)
const COUNT = Number(process.env['TRUEUP_FAULTS'] ?? 200)
let course: Course
let trace: readonly Request[]

beforeAll(async () => {
  await up(HOSTS)
  await grounded(first.name, ROLES)
  ;({ course, trace } = await readied(first, 12, SEED, true))
}, 900_000)
afterAll(async () => {
  first.away()
  second.away()
  await down(HOSTS)
})

it(`F7 ${COUNT} runs killed: no host lost, no file torn, one run to converge`, { timeout: 90 * 60_000 }, async () => {
  const waiting = [...moments(trace, COUNT, SEED)]
  const outcomes: Outcome[] = []
  const work = async (place: typeof first, from?: string) => {
    await place.back(from)
    const its = asOn(await shapeOf(place.name), course)
    let begun = 0
    // Every tenth begins from the snapshot: what a run leaves behind would otherwise be there for good.
    const broken = async () => {
      if (begun > 0) await (begun % 10 === 0 ? place.back(from) : place.breaks())
      begun += 1
    }
    for (let moment = waiting.shift(); moment !== undefined; moment = waiting.shift()) {
      const outcome = await struck(place, moment, its, broken)
      outcomes.push(outcome)
      console.log(`${outcomes.length}  ${place.name}  ${line(outcome)}`)
    }
  }
  await Promise.all([work(first), work(second, first.name)])
  const found = figures(outcomes)
  for (const kind of KINDS) console.log(`${kind}: ${outcomes.filter(({ moment }) => moment.kind === kind).length}`)
  console.log(
    `seed ${SEED}; faults injected: ${found.injected}, hosts lost: ${found.lost}, files torn: ${found.torn}, runs needed to converge: ${found.runs}, back after at most ${found.slowest} s`,
  )
  expect(found).toMatchObject({ lost: 0, torn: 0, runs: 1, wrong: 0 })
  expect(found.injected).toBeGreaterThanOrEqual(Math.floor(COUNT * 0.9))
})
