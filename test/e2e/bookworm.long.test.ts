import { afterAll, beforeAll, expect, it } from 'vitest'
import { down, reset, up } from '../sandbox/index.ts'
import { holdsTo } from './contract.ts'

const HOST = 'base12'

/** What Debian 12 can carry, in order. */
const ROLES = ['base-ubuntu', 'ufw', 'certs', 'nginx']

beforeAll(async () => {
  await up([HOST], { os: 'bookworm' })
  await reset([HOST])
})
afterAll(() => down([HOST]))

it('the roles hold to their contract on Debian 12', async () => {
  const { dry, first, second } = await holdsTo(HOST, ROLES)
  expect(dry.tasks.length).toBeGreaterThanOrEqual(60)
  console.log(`${dry.tasks.length} tasks; first run: ${first.trips} trips; second: ${second.trips}`)
})
