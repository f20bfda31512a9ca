import * as z from 'zod'
import { maybeSecret, type RoleInput, Secret } from '../../lib/index.ts'
import { SIZES } from '../../templates/stack/sizes.ts'
import type { Vars } from './vars.ts'

/** What is of interest in the variables of the role compose-stack, where the same run has it. */
const Stack = z.looseObject({
  env: z.record(z.string(), maybeSecret()),
  size: z.enum(['document', 'small']),
})

const stackOf = ({ others }: Pick<RoleInput<unknown>, 'others'>) => {
  const vars = others?.get('compose-stack')
  return vars === undefined ? undefined : Stack.parse(vars)
}

/**
 * The password of a database that is watched.
 *
 * @throws TypeError where nobody tells it: a run of this role alone would otherwise drop what a run of all has made
 */
const password = (name: 'postgres' | 'redis', vars: Vars, theirs: unknown): Secret => {
  const own = vars[name].password
  if (own !== undefined) return own
  if (theirs instanceof Secret) return theirs
  if (typeof theirs === 'string') return new Secret(`${name} password`, theirs)
  throw new TypeError(
    `monitoring.${name}.password is missing: it is compose-stack's only where that role is in the same run; say it in the inventory, or \`monitoring.watch.${name}: false\``,
  )
}

/** The passwords of what is watched. @throws TypeError where one is missing */
export const passwords = (vars: Vars, input: Pick<RoleInput<unknown>, 'others'>): Passwords => {
  const env = stackOf(input)?.env ?? {}
  return {
    ...(vars.watch.postgres && { postgres: password('postgres', vars, env['POSTGRES_PASSWORD']) }),
    ...(vars.watch.redis && { redis: password('redis', vars, env['REDIS_PASSWORD']) }),
  }
}

export interface Passwords {
  readonly postgres?: Secret
  readonly redis?: Secret
}

/** MB that are kept for the services of the stack, where the same run has them. */
export const keptBeside = (input: Pick<RoleInput<unknown>, 'others'>): number => {
  const size = stackOf(input)?.size
  if (size === undefined) return 0
  return Object.values(SIZES[size].memory).reduce((sum, { reservation }) => sum + reservation, 0)
}
