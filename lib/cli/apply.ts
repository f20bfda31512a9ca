import { type Selection, selection } from './hosts.ts'
import type { Program } from './main.ts'
import type { Invocation } from './options.ts'
import { applyPlan, savePlan } from './plan/commands.ts'
import { selectRoles } from './roles.ts'
import { runId } from './run-id.ts'
import { workOn } from './work.ts'

/** Applies roles to hosts, or says what that would do. */
export const apply = async ({ options }: Invocation, load: () => Promise<Program>): Promise<number> => {
  if (options.plan !== undefined) return await applyPlan(options.plan, options, await load())
  const chosen = attempt(() => selection(options.inventory, options.limit, options.shard))
  if ('value' in chosen) await ahead(chosen.value, options.forks)
  const program = await load()
  const roles = selectRoles(options.role, options.from, program.roles)
  if ('error' in chosen) throw chosen.error
  const work = { id: runId(new Date()), ...chosen.value, roles }
  if (options.out !== undefined) return await savePlan(options.out, work, options, program)
  return await workOn(work, options, program)
}

/** While the roles are loaded, OpenSSH says what it knows of the hosts; that connects to nothing. */
const ahead = async ({ inventory, names }: Selection, forks: number): Promise<void> => {
  const { askAhead } = await import('../session/ssh/config.ts')
  for (const name of names.slice(0, forks)) {
    const host = inventory.hosts.get(name)
    if (host?.connection === 'ssh') askAhead(host)
  }
}

/** A mistake in the command line is told before one in the inventory. */
const attempt = <T>(work: () => T): { readonly value: T } | { readonly error: unknown } => {
  try {
    return { value: work() }
  } catch (error) {
    return { error }
  }
}
