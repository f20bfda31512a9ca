import type { ListrRendererValue, ListrTask } from 'listr2'
import type { Emit } from '../events.ts'
import { masked } from './tell.ts'
import { worst } from './tally.ts'
import { type Target, Turn } from './turn.ts'

export interface FleetOptions {
  /** Names this run, in events and journals. */
  readonly id: string
  readonly version: string
  readonly targets: readonly Target[]
  /** In the order in which they are applied. */
  readonly roles: readonly string[]
  readonly dryRun: boolean
  readonly diff: boolean
  readonly verbose: boolean
  /** Hosts at once. */
  readonly forks: number
  readonly signal: AbortSignal
  readonly emit: Emit
  /** How listr2 shows the tree of hosts and roles: `silent` unless a person is watching. */
  readonly renderer: ListrRendererValue
}

/**
 * Runs roles on hosts: hosts side by side, each host's roles in order.
 *
 * @returns the exit code
 * @throws RoleError when the roles do not fit together
 */
export const runFleet = async (options: FleetOptions): Promise<number> => {
  const { id, version, targets, roles, dryRun, forks, renderer } = options
  const emit = masked(options.emit)
  const { Listr } = await import('listr2')
  emit({ event: 'run', id, dryRun, roles, hosts: targets.map(({ name }) => name), version })
  const turns = new Map(targets.map((target) => [target.name, new Turn(target, { ...options, emit })]))
  const hosts = [...turns].map(
    ([title, turn]): ListrTask => ({
      title,
      task: (_, task) => task.newListr(steps(turn, roles), { exitOnError: false }),
    }),
  )
  const list = new Listr(hosts, { concurrent: forks, exitOnError: false, renderer, registerSignalListeners: false })
  await list.run()
  const nonsense = [...turns.values()].find((turn) => turn.fatal !== undefined)?.fatal
  if (nonsense !== undefined) throw nonsense
  const exitCode = worst([...turns.values()].map((turn) => turn.exitCode))
  emit({
    event: 'summary',
    hosts: Object.fromEntries([...turns].map(([name, turn]) => [name, turn.summary])),
    exitCode,
  })
  return exitCode
}

/** A host's steps for listr2; the first connects, the last says good-bye. */
const steps = (turn: Turn, roles: readonly string[]): ListrTask[] => [
  { title: 'connect', task: () => turn.start() },
  ...roles.map((role): ListrTask => ({ title: role, task: () => turn.role(role) })),
  { title: 'disconnect', task: () => turn.end() },
]
