import { tag } from '../sandbox/paths.ts'
import { locked } from '../sandbox/lock.ts'
import { down, hasSnapshot, reset, restore, snapshot, up } from '../sandbox/index.ts'
import { troubles } from './contract.ts'
import { trueup } from './trueup.ts'

/** The host that goes through the roles once, for all others. */
const SEED = 'seed'

const label = (roles: readonly string[]) => roles.join(' ')

const made = async (roles: readonly string[]): Promise<void> => {
  if (await hasSnapshot(SEED, label(roles))) return
  await up([SEED])
  let done = roles.length - 1
  while (done > 0 && !(await hasSnapshot(SEED, label(roles.slice(0, done))))) done -= 1
  await (done === 0 ? reset([SEED]) : restore(SEED, label(roles.slice(0, done))))
  const told = await trueup(SEED, roles.slice(done))
  if (told.code !== 0) throw new Error(troubles(told))
  await snapshot(SEED, label(roles))
}

/**
 * A host on which these roles have been run, in this order, with its own name and keys: a copy of one that went through
 * them once for all tests of a run. Whoever comes first makes it, the others wait.
 */
export const grounded = async (host: string, roles: readonly string[]): Promise<void> => {
  await up([host])
  await locked(`${tag}.seed`, () => made(roles))
  await restore(host, label(roles), { from: SEED })
}

/** What one run of the tests made is not for the next one, whose roles may be others. */
export const fallow = (): Promise<void> => down([SEED]).catch(() => {})
