import { hint } from '../../inventory/suggest.ts'
import type { Role } from '../language/role.ts'
import { ROLE_NAMES } from './planned.ts'
import { UsageError } from './usage.ts'

/**
 * The roles that were asked for, in the order of `all` whatever order was typed.
 *
 * @param from - the role to begin with; those before it are left out
 * @throws UsageError
 */
export const selectRoles = (typed: readonly string[], from: string | undefined, roles: readonly Role[]): Role[] => {
  const known = roles.map(({ name }) => name)
  const hintAt = ['all', ...known]
  for (const name of typed) if (!hintAt.includes(name)) throw new UsageError(stranger(name, hintAt))
  if (typed.length === 0)
    throw new UsageError(`say which roles: --role all, or of ${known.join(', ')}; --help shows more`)
  const chosen = typed.includes('all') ? roles : roles.filter(({ name }) => typed.includes(name))
  if (from === undefined) return [...chosen]
  const first = chosen.findIndex(({ name }) => name === from)
  if (first < 0) {
    const names = chosen.map(({ name }) => name)
    throw new UsageError(
      `--from ${JSON.stringify(from)} is not among the roles that run; ${hint(from, names, 'they are')}`,
    )
  }
  return chosen.slice(first)
}

const stranger = (name: string, known: readonly string[]): string =>
  ROLE_NAMES.includes(name)
    ? `the role ${name} is not built yet (known: ${known.join(', ')})`
    : `no role is called ${JSON.stringify(name)}; ${hint(name, known, 'known')}`

/** The roles that an inventory may have variables for. */
export const knownRoles = (roles: readonly Role[]): string[] => [
  ...new Set([...ROLE_NAMES, ...roles.map(({ name }) => name)]),
]
