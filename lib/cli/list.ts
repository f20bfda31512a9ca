import { checkVars, resolveHosts } from '../../inventory/vars.ts'
import { columns } from '../report/columns.ts'
import { compose } from '../runner/compose.ts'
import { assumed } from './facts.ts'
import { selection } from './hosts.ts'
import type { Program } from './main.ts'
import type { Invocation } from './options.ts'
import { assign, knownRoles, selectRoles } from './roles.ts'
import { withoutSecrets } from './unasked.ts'

/** Prints the hosts that would be worked on, as a table. */
export const listHosts = async ({ options }: Invocation): Promise<number> => {
  const { inventory, names } = selection(options.inventory, options.limit, options.shard)
  const rows = names.flatMap((name) => {
    const host = inventory.hosts.get(name)
    if (host === undefined) return []
    const { connection, user, address, port, groups } = host
    return [[name, connection === 'local' ? 'local' : `${user}@${address}:${port}`, groups.join(',')]]
  })
  for (const line of columns(rows)) process.stdout.write(`${line}\n`)
  return 0
}

/** Prints the titles of the tasks that roles come to, as far as that can be said without asking the hosts. */
export const listTasks = async ({ options }: Invocation, program: Program): Promise<number> => {
  const roles = selectRoles(options.role.length === 0 ? ['all'] : options.role, options.from, program.roles)
  const { inventory, names } = selection(options.inventory, options.limit)
  // Titles hold no secrets, so that none has to be there.
  const unasked = withoutSecrets(inventory)
  const vars = await checkVars(unasked, names, roles, knownRoles(program.roles))
  const lists = new Map<string, string[]>()
  for (const host of await resolveHosts(unasked, names)) {
    const assignments = assign(roles, vars.get(host.name))
    const items = compose(assignments, host.site, assumed(host))
    const lines = roles.flatMap(({ name }) => [
      `  ${name}\n`,
      ...items.flatMap(({ role, task }) => (role === name ? [`    ${task.title}\n`] : [])),
    ])
    const text = lines.join('')
    lists.set(text, [...(lists.get(text) ?? []), host.name])
  }
  for (const [text, hosts] of lists)
    process.stdout.write(`${hosts.join(', ')} (assumed to be Ubuntu 24.04; nothing was connected to)\n${text}`)
  return 0
}
