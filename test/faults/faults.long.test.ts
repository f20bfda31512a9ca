import { afterAll, beforeAll, expect, it } from 'vitest'
import { down, up } from '../sandbox/index.ts'
import { grounded } from '../e2e/ground.ts'
import { figures, line, type Outcome, struck } from './campaign.ts'
import { type Course, field, readied } from './field.ts'
import { KINDS, type Moment, moments } from './moments.ts'

/**
 * The campaign: runs killed at instants spread evenly over the kinds of moment, on two hosts side by side. One is broken by
 * what is quick to mend, so that it comes to many kills; on the other packages, units and the firewall's rules have to be
 * put right, which takes its time. `TRUEUP_SEED` repeats one, `TRUEUP_FAULTS` says how many.
 */
const ROLES = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx']
const PLACES = [
  { place: field('faults1', ROLES), choice: { quick: true } },
  { place: field('faults2', ROLES), choice: { must: ['a policy opened', 'a package removed'] } },
]
const HOSTS = PLACES.map(({ place }) => place.name)
const DRIFTS = 4
/** Runs after which a host goes back to its snapshot: what they leave behind would otherwise be there for good. */
const FRESH = 20
const SEED = Number(process.env['TRUEUP_SEED'] ?? Date.now() % 100_000)
const COUNT = Number(process.env['TRUEUP_FAULTS'] ?? 200)
const ready: { readonly course: Course; readonly moments: readonly Moment[] }[] = []

beforeAll(async () => {
  await up(HOSTS)
  for (const [index, { place, choice }] of PLACES.entries()) {
    await grounded(place.name, ROLES)
    const { course, trace } = await readied(place, DRIFTS, SEED + index, choice, true)
    ready.push({ course, moments: moments(trace, COUNT, SEED + index) })
  }
}, 1_200_000)
afterAll(async () => {
  for (const { place } of PLACES) place.away()
  await down(HOSTS)
})

it(`F7 ${COUNT} runs killed: no host lost, no file torn, one run to converge`, { timeout: 90 * 60_000 }, async () => {
  const outcomes: Outcome[] = []
  let begun = 0
  const work = async (index: number): Promise<void> => {
    const [here, there] = [PLACES[index], ready[index]]
    if (here === undefined || there === undefined) throw new Error(`no place ${index}`)
    const { place } = here
    let at = 0
    const broken = () => (at++ % FRESH === 0 ? place.back() : place.breaks())
    for (const moment of there.moments) {
      if (begun++ >= COUNT) return
      const outcome = await struck(place, moment, there.course, broken)
      outcomes.push(outcome)
      console.log(`${outcomes.length}  ${place.name}  ${line(outcome)}`)
    }
  }
  await Promise.all(PLACES.map((_, index) => work(index)))
  const found = figures(outcomes)
  for (const kind of KINDS) console.log(`${kind}: ${outcomes.filter(({ moment }) => moment.kind === kind).length}`)
  console.log(
    `seed ${SEED}; faults injected: ${found.injected}, hosts lost: ${found.lost}, files torn: ${found.torn}, runs needed to converge: ${found.runs}, back after at most ${found.slowest} s`,
  )
  expect(found).toMatchObject({ lost: 0, torn: 0, runs: 1, wrong: 0 })
  expect(found.injected).toBeGreaterThanOrEqual(Math.floor(COUNT * 0.9))
})
