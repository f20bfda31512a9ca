import type { Role } from '../lib/language/role.ts'
import { Secret } from '../lib/language/secret.ts'
import { check } from './explain.ts'
import type { Host, InventoryHost } from './host.ts'
import type { Inventory } from './load.ts'
import { find, type MapNode, mapAt, type Node } from './node.ts'
import { InventoryError, type Problem } from './problem.ts'
import { nearest } from './suggest.ts'
import { plain, secretsIn } from './value.ts'

/** The checked variables of every host and role, by the names of both. */
export type CheckedVars = ReadonlyMap<string, ReadonlyMap<string, unknown>>

const hostOf = (inventory: Inventory, name: string): InventoryHost => {
  const host = inventory.hosts.get(name)
  if (host === undefined) throw new Error(`the inventory has no host ${name}`)
  return host
}

/** A role's variables on a host, or what is wrong with them. */
const judge = async <V>(
  inventory: Inventory,
  host: InventoryHost,
  role: Role<V>,
): Promise<{ value: V } | { problems: Problem[] }> => {
  const own = host.vars.entries.get(role.name)
  const root: Node = own?.value ?? { kind: 'map', at: host.at, entries: new Map() }
  const { lookup, problems } = await inventory.secrets.look(secretsIn(root))
  const result = check(role.vars, plain(root, lookup), { root, name: role.name, at: own?.key ?? host.at })
  if (problems.length === 0) return result
  const unknown = new Set(problems.map(({ line, column }) => `${line}:${column}`))
  const others = 'problems' in result ? result.problems : []
  return { problems: [...problems, ...others.filter(({ line, column }) => !unknown.has(`${line}:${column}`))] }
}

/**
 * The variables of a role on a host, merged, with their secrets, and checked by the role's schema.
 *
 * @throws InventoryError with every problem of these variables
 */
export const roleVars = async <V>(inventory: Inventory, host: string, role: Role<V>): Promise<V> => {
  const result = await judge(inventory, hostOf(inventory, host), role)
  if ('problems' in result) throw new InventoryError(result.problems)
  return result.value
}

/** The names of all roles, whether they run or not. */
export interface KnownRoles {
  readonly built: readonly string[]
  /** Still to come: variables for them are no mistake. */
  readonly planned: readonly string[]
}

/**
 * The variables of all these roles on all these hosts. Variables of a role that nobody knows are refused, too.
 *
 * @throws InventoryError with every problem of all of them; what comes from a group is told once
 */
export const checkVars = async (
  inventory: Inventory,
  hosts: readonly string[],
  roles: readonly Role[],
  known: KnownRoles,
): Promise<CheckedVars> => {
  const problems = strangers(inventory.root, known)
  const checked = new Map<string, Map<string, unknown>>()
  for (const host of hosts) {
    const vars = new Map<string, unknown>()
    for (const role of roles) {
      const result = await judge(inventory, hostOf(inventory, host), role)
      if ('problems' in result) problems.push(...result.problems)
      else vars.set(role.name, result.value)
    }
    checked.set(host, vars)
  }
  if (problems.length > 0) throw new InventoryError(problems)
  return checked
}

/** Variables of roles that do not exist, anywhere in the file. */
const strangers = (root: MapNode, { built, planned }: KnownRoles): Problem[] => {
  const all = `roles: ${built.join(', ')}${planned.length > 0 ? `; planned: ${planned.join(', ')}` : ''}`
  const meant = (name: string): string => {
    const close = nearest(name, [...built, ...planned])
    return close === undefined ? all : `did you mean "${close}"? (${all})`
  }
  const owners = ['hosts', 'groups'].flatMap((kind) => Array.from(mapAt(root, [kind])?.entries.values() ?? []))
  return [root, ...owners.map(({ value }) => value)].flatMap((owner) =>
    Array.from(mapAt(owner, ['vars'])?.entries ?? []).flatMap(([name, { key }]) =>
      [...built, ...planned].includes(name)
        ? []
        : [{ ...key, message: `no role is called ${JSON.stringify(name)}; ${meant(name)}` }],
    ),
  )
}

/**
 * Hosts as a session wants them, with their passphrases.
 *
 * @throws InventoryError with every passphrase that is missing
 */
export const resolveHosts = async (inventory: Inventory, names: readonly string[]): Promise<Host[]> => {
  const problems: Problem[] = []
  const hosts: Host[] = []
  for (const name of names) {
    const { at: _at, vars: _vars, ...host } = hostOf(inventory, name)
    const { node } = find(inventory.root, ['hosts', name, 'passphrase'])
    const looked = await inventory.secrets.look(node ? secretsIn(node) : [])
    problems.push(...looked.problems)
    const passphrase = node && plain(node, looked.lookup)
    hosts.push({ ...host, passphrase: passphrase instanceof Secret ? passphrase : undefined })
  }
  if (problems.length > 0) throw new InventoryError(problems)
  return hosts
}
