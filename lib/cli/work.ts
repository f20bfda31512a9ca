import type { Host } from '../../inventory/host.ts'
import type { Inventory } from '../../inventory/load.ts'
import { checkVars, resolveHosts } from '../../inventory/vars.ts'
import type { Emit } from '../events.ts'
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
import { reportFiles } from './report-files.ts'
import { chooseReporter } from './reporter.ts'
import { assign, knownRoles } from './roles.ts'
import { runInfo } from './run-info.ts'
import { shardName } from './shard.ts'
import { version } from './version.ts'

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
  const roleNames = roles.map(({ name }) => name)
  const profile = options.profile ? new (await import('./profile.ts')).Profile() : undefined
  const known = names.filter((name) => inventory.hosts.has(name))
  const vars = await checkVars(inventory, known, roles, knownRoles(program.roles))
  const hosts = new Map((await resolveHosts(inventory, known)).map((host) => [host.name, host]))

  const { dryRun, lockWait: wait } = options
  const reports = reportFiles(options.report)
  const shown = await chooseReporter(options, names.length, againFor(options))
  const emit: Emit = (event) => {
    shown.emit(event)
    reports.emit(event)
    profile?.hear(event)
  }
  const reporter = { ...shown, emit }
  if (names.length === 0 && options.shard) reporter.note(`there is no host in shard ${shardName(options.shard)}`)
  const maxFail = options.maxFail ?? (dryRun ? undefined : NONE)
  const open = await opener(options, reporter.emit, { run: id, mode: dryRun ? 'look' : 'take', wait })
  const targets = names.map((name): Target => {
    const host = hosts.get(name)
    const assignments = assign(roles, vars.get(name))
    return {
      name,
      site: host?.site ?? NOWHERE,
      assignments,
      open: async () => {
        if (host === undefined)
          throw new StaleError(`nothing was changed: ${name} is not in ${inventory.file} any more`)
        work.before?.(host, assignments)
        const session = await open(host)
        return profile?.watch(session) ?? session
      },
    }
  })
  profile?.reached('variables and roles')
  const exitCode = await runFleet({
    ...reporter,
    id,
    version: version(),
    targets,
    roles: roleNames,
    dryRun,
    reboot: options.reboot,
    diff: options.diff,
    verbose: options.verbose,
    forks: options.forks,
    ...(options.serial && { serial: options.serial }),
    ...(maxFail && { maxFail }),
    ...(options.shard && { shard: shardName(options.shard) }),
    signal: within(options.timeout, interrupts.watch(reporter.note), reporter.note),
    ...(keeping && { keeping }),
    info: { ...runInfo(id, roleNames), ...(work.plan !== undefined && { plan: work.plan }) },
  })
  await reports.save()
  profile?.reached('hosts')
  for (const line of profile?.lines() ?? []) process.stderr.write(`${line}\n`)
  return exitCode
}

/** A run that is over its time ends as on Ctrl-C, after the task in hand. */
const within = (minutes: number | undefined, signal: AbortSignal, note: (text: string) => void): AbortSignal => {
  if (minutes === undefined) return signal
  const late = AbortSignal.timeout(minutes * 60_000)
  late.addEventListener('abort', () => note(`over its ${minutes} minutes (--timeout); finishing the task in hand`))
  return AbortSignal.any([signal, late])
}

/** No host may fail. */
const NONE = { count: 0, percent: false }

/** The site of a host that there is not. */
const NOWHERE = { domain: '', project: '', dir: '' }
