import { existsSync } from 'node:fs'
import { hint } from '../../inventory/suggest.ts'
import type { KnownRoles } from '../../inventory/vars.ts'
import type { Role } from '../language/role.ts'
import type { Assignment } from '../runner/compose.ts'
import { plannedRoles } from './planned.ts'
import { UsageError } from './usage.ts'

/**
 * The roles that were asked for, in the order of `all` whatever order was typed.
 *
 * @param from - the role to begin with; those before it are left out
 * @param exists - whether a file is there
 * @throws UsageError
 */
export const selectRoles = (
  typed: readonly string[],
  from: string | undefined,
  roles: readonly Role[],
  exists: (path: string) => boolean = existsSync,
): Role[] => {
  const known = roles.map(({ name }) => name)
  const hintAt = ['all', ...known]
  for (const name of typed) if (!hintAt.includes(name)) throw new UsageError(stranger(name, hintAt, exists))
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

const stranger = (name: string, known: readonly string[], exists: (path: string) => boolean): string => {
  const file = /^[\w-]+$/.test(name) && [`roles/${name}.ts`, `roles/${name}/index.ts`].find(exists)
  if (file) return `${file} is there, but roles/index.ts does not list its role`
  return plannedRoles(known).includes(name)
    ? `the role ${name} is not built yet (known: ${known.join(', ')})`
    : `no role is called ${JSON.stringify(name)}; ${hint(name, known, 'known')}`
}

/** Roles with what one host has for each of them. */
export const assign = (roles: readonly Role[], vars: ReadonlyMap<string, unknown> | undefined): Assignment[] =>
  roles.map((role) => ({ role, vars: vars?.get(role.name) }))

/** The roles that an inventory may have variables for. */
export const knownRoles = (roles: readonly Role[]): KnownRoles => {
  const built = roles.map(({ name }) => name)
  return { built, planned: plannedRoles(built) }
}
