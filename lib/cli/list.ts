import type { Inventory } from '../../inventory/load.ts'
import { checkVars, resolveHosts } from '../../inventory/vars.ts'
import type { Role } from '../language/role.ts'
import { Secret } from '../language/secret.ts'
import { compose } from '../runner/compose.ts'
import { assumed } from './facts.ts'
import type { Selection } from './hosts.ts'

/** The hosts that would be worked on, as a table. */
export const listHosts = ({ inventory, names }: Selection): string[] => {
  const rows = names.flatMap((name) => {
    const host = inventory.hosts.get(name)
    if (host === undefined) return []
    const { connection, user, address, port, groups } = host
    return [[name, connection === 'local' ? 'local' : `${user}@${address}:${port}`, groups.join(',')]]
  })
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** The titles of the tasks that roles come to on these hosts, as far as that can be said without asking them. */
export const listTasks = async (
  { inventory, names }: Selection,
  roles: readonly Role[],
  known: readonly string[],
): Promise<string[]> => {
  const unasked = withoutSecrets(inventory)
  const vars = await checkVars(unasked, names, roles, known)
  const lists = new Map<string, string[]>()
  for (const host of await resolveHosts(unasked, names)) {
    const assignments = roles.map((role) => ({ role, vars: vars.get(host.name)?.get(role.name) }))
    const items = compose(assignments, host.site, assumed(host))
    const lines = roles.flatMap(({ name }) => [
      `  ${name}`,
      ...items.flatMap(({ role, task }) => (role === name ? [`    ${task.title}`] : [])),
    ])
    const text = lines.join('\n')
    lists.set(text, [...(lists.get(text) ?? []), host.name])
  }
  return [...lists].flatMap(([text, hosts]) => [
    `${hosts.join(', ')} (assumed to be Ubuntu 24.04; nothing was connected to)`,
    text,
  ])
}

/** Titles hold no secrets, so that none has to be there: something else stands for each. */
const withoutSecrets = (inventory: Inventory): Inventory => ({
  ...inventory,
  secrets: {
    look: async () => ({ lookup: (name) => new Secret(name, `secret-${name}-not-looked-up`), problems: [] }),
  },
})
