import type { DefaultRenderer, ListrRendererValue, ListrTask } from 'listr2'
import type { Emit } from '../events.ts'
import type { Keeping } from './job.ts'
import type { RunInfo } from './journal/journal.ts'
import { masked } from './tell.ts'
import { type Amount, Rollout } from './rollout.ts'
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
  readonly reboot?: boolean
  readonly verbose: boolean
  /** Hosts at once. */
  readonly forks: number
  /** Hosts in a batch: the next one is begun when all of the last have ended. */
  readonly serial?: Amount
  /** When so many have failed no other is begun; all are unless given. */
  readonly maxFail?: Amount
  /** Which part of the hosts this is. */
  readonly shard?: string
  readonly signal: AbortSignal
  /** The exit code of a dry run that has found something to change: 2 unless that is what one expects. */
  readonly found?: number
  readonly keeping?: Keeping
  /** For the journals of the hosts; none are written without it. */
  readonly info?: RunInfo
  readonly emit: Emit
  /** How listr2 shows the tree of hosts and roles: `silent` unless a person is watching. */
  readonly renderer: ListrRendererValue
  readonly watcher?: Watcher
}

/** One line of the tree. */
export interface Line {
  title: string
  output: string
  /** Whatever has no title is not shown. */
  readonly task: { title?: string }
}

/** Retitles the lines of the tree as things go on. */
export interface Watcher {
  /** How the tree is to look. */
  readonly look: typeof DefaultRenderer.rendererOptions
  /** More hosts than there is room for: just those under way have a line, and one is about them all. */
  readonly crowded: boolean
  /** The line about them all. */
  overview(line: Line): void
  /** A host's or a role's turn has begun. */
  begin(line: Line, host: string, role?: string): void
  /** A task's change is about to be made. */
  doing(host: string, role: string, task: string): void
  /** A host's or a role's turn has ended. */
  end(host: string, role?: string): void
}

/**
 * Runs roles on hosts: hosts side by side and in batches, each host's roles in order.
 *
 * @returns the exit code
 * @throws RoleError when the roles do not fit together
 */
export const runFleet = async (options: FleetOptions): Promise<number> => {
  const { id, version, targets, roles, dryRun, forks, shard, signal, renderer, watcher } = options
  const emit = masked(options.emit)
  const { Listr } = await import('listr2')
  const names = targets.map(({ name }) => name)
  emit({ event: 'run', id, dryRun, roles, hosts: names, version, ...(shard !== undefined && { shard }) })
  const rollout = new Rollout(names, options)
  const turns = new Map(
    targets.map((target) => {
      const doing = (role: string, task: string) => watcher?.doing(target.name, role, task)
      return [target.name, new Turn(target, { ...options, emit, doing })]
    }),
  )
  const hosts = [...turns].map(
    ([title, turn]): ListrTask => ({
      ...(watcher?.crowded !== true && { title }),
      task: async (_, line) => {
        const why = await rollout.begin(title)
        if (why !== undefined || signal.aborted) {
          turn.skip(why ?? 'the run ended before its turn', why === undefined ? 130 : 1)
          rollout.end(title, false)
          line.skip()
          return
        }
        watcher?.begin(line, title)
        const ended = () => {
          rollout.end(title, turn.failed)
          watcher?.end(title)
        }
        return line.newListr(steps(title, turn, roles, watcher, ended), { concurrent: false, exitOnError: false })
      },
    }),
  )
  // It is under way for as long as any host is, and takes no host's place.
  const overview: ListrTask = {
    title: `${names.length} hosts`,
    task: async (_, line) => {
      watcher?.overview(line)
      await rollout.over()
      if ([...turns.values()].some((turn) => turn.failed)) throw new Error('not all is well')
    },
  }
  const crowded = watcher?.crowded === true
  const list = new Listr(crowded ? [overview, ...hosts] : hosts, {
    concurrent: crowded ? forks + 1 : forks,
    exitOnError: false,
    registerSignalListeners: false,
    renderer,
    ...(watcher && { rendererOptions: watcher.look }),
  })
  await list.run()
  const nonsense = [...turns.values()].find((turn) => turn.fatal !== undefined)?.fatal
  if (nonsense !== undefined) throw nonsense
  const code = worst([...turns.values()].map((turn) => turn.exitCode))
  const exitCode = code === 2 ? (options.found ?? code) : code
  emit({
    event: 'summary',
    hosts: Object.fromEntries([...turns].map(([name, turn]) => [name, turn.summary])),
    exitCode,
  })
  return exitCode
}

/** A host's steps for listr2; the first connects, the last says good-bye: lines without a title are not shown. */
const steps = (
  host: string,
  turn: Turn,
  roles: readonly string[],
  watcher: Watcher | undefined,
  ended: () => void,
): ListrTask[] => [
  { task: () => turn.start() },
  ...roles.map(
    (role): ListrTask => ({
      title: role,
      task: async (_, line) => {
        watcher?.begin(line, host, role)
        const carriedOut = await turn.role(role).finally(() => watcher?.end(host, role))
        if (!carriedOut) line.skip()
      },
    }),
  ),
  { task: () => turn.end().finally(ended) },
]
