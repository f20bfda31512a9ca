import type { Host } from '../../inventory/host.ts'
import type { Inventory } from '../../inventory/load.ts'
import { checkVars, resolveHosts } from '../../inventory/vars.ts'
import type { Role } from '../language/role.ts'
import type { Assignment } from '../runner/compose.ts'
import { runFleet } from '../runner/fleet.ts'
import type { Keeping } from '../runner/job.ts'
import { StaleError } from '../runner/plan/compare.ts'
import type { Target } from '../runner/turn.ts'
import { againFor } from './again.ts'
import { interrupts } from './interrupt.ts'
import type { Program } from './main.ts'
import { opener } from './open.ts'
import type { Options } from './options.ts'
import { chooseReporter } from './reporter.ts'
import { knownRoles } from './roles.ts'
import { version } from './version.ts'
import { whoami } from './whoami.ts'

/** What is to be worked on, and what for. */
export interface Work {
  readonly id: string
  readonly inventory: Inventory
  readonly names: readonly string[]
  readonly roles: readonly Role[]
  readonly keeping?: Keeping
  /** The id of the plan that is applied, for the journal. */
  readonly plan?: string
  /** Told of each host before it is worked on. @throws StaleError where nothing may be done on it */
  readonly before?: (host: Host, assignments: readonly Assignment[]) => void
}

/** Works on hosts as the options say. @returns the exit code */
export const workOn = async (work: Work, options: Options, program: Program): Promise<number> => {
  const { id, inventory, names, roles, keeping } = work
  const known = names.filter((name) => inventory.hosts.has(name))
  const vars = await checkVars(inventory, known, roles, knownRoles(program.roles))
  const hosts = new Map((await resolveHosts(inventory, known)).map((host) => [host.name, host]))

  const reporter = await chooseReporter(options, names.length, againFor(options))
  const open = await opener(options, reporter.emit)
  const targets = names.map((name): Target => {
    const host = hosts.get(name)
    const assignments = roles.map((role) => ({ role, vars: vars.get(name)?.get(role.name) }))
    return {
      name,
      site: host?.site ?? NOWHERE,
      assignments,
      open: async () => {
        if (host === undefined)
          throw new StaleError(`nothing was changed: ${name} is not in ${inventory.file} any more`)
        work.before?.(host, assignments)
        return await open(host)
      },
    }
  })
  return await runFleet({
    ...reporter,
    id,
    version: version(),
    targets,
    roles: roles.map(({ name }) => name),
    dryRun: options.dryRun,
    diff: options.diff,
    verbose: options.verbose,
    forks: options.forks,
    signal: interrupts.watch(reporter.note),
    ...(keeping && { keeping }),
    info: {
      id,
      when: new Date().toISOString(),
      who: whoami(),
      version: version(),
      roles: roles.map(({ name }) => name),
      ...(work.plan !== undefined && { plan: work.plan }),
    },
  })
}

/** The site of a host that there is not. */
const NOWHERE = { domain: '', project: '', dir: '' }
