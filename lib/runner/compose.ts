import type { Item } from '../language/plan.ts'
import { type HostFacts, type Role, type RoleInput, requirement, type Site } from '../language/role.ts'
import { located } from './place.ts'

/** A role with the variables that hold for one host. */
export interface Assignment {
  readonly role: Role
  readonly vars: unknown
}

/**
 * The roles cannot be built: a mistake in a role's file, a value that no task can hold, two tasks of one title, or two
 * owners of one path. Exit code 64.
 */
export class RoleError extends Error {
  override readonly name = 'RoleError'
}

/** Builds a host's tasks, role after role. @throws RoleError */
export const compose = (assignments: readonly Assignment[], site: Site, host: HostFacts): Item[] => {
  const items = eachRole(assignments, site, host, (role, input) => {
    const requirements = (role.requires?.(input) ?? []).map(requirement)
    return [...requirements, ...role.tasks(input)].map((task): Item => ({ role: role.name, task }))
  })
  refuseTwoOwners(items)
  refuseTwins(items)
  return items
}

/**
 * What each role makes of its variables, in order.
 *
 * @throws RoleError for whatever is thrown on the way: a mistake of the role's file, or of the inventory where a task
 * cannot hold its value
 */
export const eachRole = <T>(
  assignments: readonly Assignment[],
  site: Site,
  host: HostFacts,
  make: (role: Role, input: RoleInput<unknown>) => readonly T[],
): T[] => {
  const others = new Map(assignments.map(({ role, vars }) => [role.name, vars]))
  return assignments.flatMap(({ role, vars }) => {
    try {
      return make(role, { vars, site, host, others })
    } catch (error) {
      throw new RoleError(`${host.name}: role ${role.name}: ${located(error)}`, { cause: error })
    }
  })
}

const refuseTwins = (items: readonly Item[]): void => {
  const seen = new Set<string>()
  for (const { role, task } of items) {
    const id = `${role}: “${task.title}”`
    if (seen.has(id)) throw new RoleError(`${id} stands twice in its role; titles must be unique`)
    seen.add(id)
  }
}

const refuseTwoOwners = (items: readonly Item[]): void => {
  const owners = new Map<string, { who: string; part: boolean }>()
  for (const { role, task } of items) {
    for (const { path, part = false } of task.owns ?? []) {
      const who = `${role}: “${task.title}”`
      const other = owners.get(path)
      if (other !== undefined && !(part && other.part)) {
        throw new RoleError(`${path} is written by ${other.who} and by ${who}; a path has one owner`)
      }
      owners.set(path, { who, part })
    }
  }
}
