import type { Program } from './main.ts'
import type { Invocation } from './options.ts'

/** Lists roles, hosts or tasks. */
export const lists = async ({ options }: Invocation, { roles }: Program): Promise<number> => {
  const print = (lines: readonly string[]) => process.stdout.write(lines.map((line) => `${line}\n`).join(''))
  if (options.listRoles) print(roles.map(({ name }) => name))
  if (!options.listHosts && !options.listTasks) return 0
  const { selection } = await import('./hosts.ts')
  const { listHosts, listTasks } = await import('./list.ts')
  const { knownRoles, selectRoles } = await import('./roles.ts')
  const chosen = selection(options.inventory, options.limit)
  if (options.listHosts) print(listHosts(chosen))
  if (options.listTasks) {
    const asked = options.role.length === 0 ? ['all'] : options.role
    print(await listTasks(chosen, selectRoles(asked, options.from, roles), knownRoles(roles)))
  }
  return 0
}
