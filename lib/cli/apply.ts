import { checkVars, resolveHosts } from '../../inventory/vars.ts'
import { runFleet } from '../runner/fleet.ts'
import type { Target } from '../runner/turn.ts'
import { againFor } from './again.ts'
import { selection } from './hosts.ts'
import { interrupts } from './interrupt.ts'
import type { Program } from './main.ts'
import { opener } from './open.ts'
import type { Invocation } from './options.ts'
import { chooseReporter } from './reporter.ts'
import { knownRoles, selectRoles } from './roles.ts'
import { runId } from './run-id.ts'
import { version } from './version.ts'

/** Applies roles to hosts, or says what that would do. */
export const apply = async ({ options }: Invocation, program: Program): Promise<number> => {
  const roles = selectRoles(options.role, options.from, program.roles)
  const { inventory, names } = selection(options.inventory, options.limit)
  const vars = await checkVars(inventory, names, roles, knownRoles(program.roles))
  const hosts = await resolveHosts(inventory, names)

  const reporter = await chooseReporter(options, names.length, againFor(options))
  const open = await opener(options, reporter.emit)
  const targets = hosts.map((host): Target => {
    const assignments = roles.map((role) => ({ role, vars: vars.get(host.name)?.get(role.name) }))
    return { name: host.name, site: host.site, assignments, open: () => open(host) }
  })
  return await runFleet({
    ...reporter,
    id: runId(new Date()),
    version: version(),
    targets,
    roles: roles.map(({ name }) => name),
    dryRun: options.dryRun,
    diff: options.diff,
    verbose: options.verbose,
    forks: options.forks,
    signal: interrupts.watch(reporter.note),
  })
}
