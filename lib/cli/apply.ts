import { selection } from './hosts.ts'
import type { Program } from './main.ts'
import type { Invocation } from './options.ts'
import { applyPlan, savePlan } from './plan/commands.ts'
import { selectRoles } from './roles.ts'
import { runId } from './run-id.ts'
import { workOn } from './work.ts'

/** Applies roles to hosts, or says what that would do. */
export const apply = async ({ options }: Invocation, program: Program): Promise<number> => {
  if (options.plan !== undefined) return await applyPlan(options.plan, options, program)
  const roles = selectRoles(options.role, options.from, program.roles)
  const work = { id: runId(new Date()), ...selection(options.inventory, options.limit, options.shard), roles }
  if (options.out !== undefined) return await savePlan(options.out, work, options, program)
  return await workOn(work, options, program)
}
