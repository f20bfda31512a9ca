import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { down, hasSnapshot, restore, snapshot, ssh, up, reset } from '../sandbox/index.ts'
import { randomly, shuffled } from '../random.ts'
import { holdsTo, mends } from './contract.ts'
import { mischief } from './mischief.ts'

const HOST = 'roles'
const ROLES = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx']

beforeAll(async () => {
  await up([HOST])
  await reset([HOST])
})
afterAll(() => down([HOST]))

describe('the host roles', () => {
  it('hold to their contract on a bare host', async () => {
    const { dry, first, second } = await holdsTo(HOST, ROLES)
    expect(dry.tasks.length).toBeGreaterThanOrEqual(60)
    const count = (status: string) => dry.tasks.filter((task) => task.status === status).length
    console.log(
      `${dry.tasks.length} tasks; foretold: ${count('would-change')} changes, ${count('unknown')} unknown; first run: ${first.trips} trips; second: ${second.trips}`,
    )
    await snapshot(HOST, 'provisioned')
  })

  it.each(mischief)('mend $name ($role)', async (one) => await mends(HOST, one))

  it('hold to their contract on a host with ten drifts at once', async () => {
    expect(await hasSnapshot(HOST, 'provisioned')).toBe(true)
    const seed = Number(process.env['TRUEUP_SEED'] ?? (process.env['CI'] ? 78155 : Date.now() % 100_000))
    await restore(HOST, 'provisioned')
    const ten: string[] = []
    for (const { name, command } of shuffled(mischief, randomly(seed))) {
      if (ten.length === 10) break
      // What another one has made impossible is passed over: a rule is not deleted twice.
      if ((await ssh(HOST, command)).code === 0) ten.push(name)
    }
    console.log(`seed ${seed}: ${ten.join(', ')}`)
    expect(ten).toHaveLength(10)
    await holdsTo(HOST, ROLES)
  })
})
