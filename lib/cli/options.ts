import type { Amount } from '../runner/rollout.ts'
import type { Shard } from './shard.ts'

/** What can be typed, with defaults filled in. */
export interface Options {
  readonly role: readonly string[]
  readonly from?: string
  readonly inventory?: string
  readonly limit?: string
  readonly dryRun: boolean
  /** Where a dry run's plan is saved. */
  readonly out?: string
  /** The saved plan to apply. */
  readonly plan?: string
  readonly allowUnknown: boolean
  /** Hosts may be rebooted, where something needs it. */
  readonly reboot: boolean
  readonly diff: boolean
  readonly json: boolean
  /** Reports to write at the end: `KIND=FILE`. */
  readonly report: readonly string[]
  /** Tell at the end where the time went. */
  readonly profile: boolean
  readonly forks: number
  /** Hosts in a batch. */
  readonly serial?: Amount
  /** Hosts that may fail before no other is begun: none, but any number where nothing is changed. */
  readonly maxFail?: Amount
  /** Which part of the hosts is meant. */
  readonly shard?: Shard
  /** Seconds. */
  readonly lockWait: number
  /** Minutes that the whole run may take. */
  readonly timeout?: number
  readonly askBecomePass: boolean
  readonly listRoles: boolean
  readonly listTasks: boolean
  readonly listHosts: boolean
  readonly verbose: boolean
  readonly yes: boolean
}

/** What holds where nothing was typed. */
export const UNTYPED: Options = {
  role: [],
  dryRun: false,
  allowUnknown: false,
  reboot: false,
  diff: true,
  json: false,
  report: [],
  profile: false,
  forks: 10,
  lockWait: 0,
  askBecomePass: false,
  listRoles: false,
  listTasks: false,
  listHosts: false,
  verbose: false,
  yes: false,
}

export type CommandName =
  | 'apply'
  | 'list-roles'
  | 'list-tasks'
  | 'list-hosts'
  | 'schema'
  | 'trust'
  | 'exec'
  | 'secrets'
  | 'verify'
  | 'history'
  | 'undo'
  | 'merge-reports'

/** What is to be done. */
export interface Invocation {
  readonly command: CommandName
  /** What was typed besides options: a host, a pattern, a command. */
  readonly words: readonly string[]
  readonly options: Options
}

const WHICH = ['inventory', 'limit', 'role', 'from', 'verbose'] as const
const HOSTS = ['inventory', 'json', 'forks', 'askBecomePass', 'verbose'] as const

/** The options that mean something to each command; any other is refused. */
export const MEANINGFUL: Readonly<Record<CommandName, readonly (keyof Options)[]>> = {
  apply: [
    ...WHICH,
    ...HOSTS,
    'dryRun',
    'reboot',
    'diff',
    'report',
    'timeout',
    'profile',
    'out',
    'plan',
    'allowUnknown',
    'lockWait',
    'serial',
    'maxFail',
    'shard',
  ],
  'list-roles': [...WHICH, 'listRoles'],
  'list-tasks': [...WHICH, 'listTasks'],
  'list-hosts': [...WHICH, 'listHosts', 'shard'],
  exec: HOSTS,
  verify: [...HOSTS, 'limit', 'role'],
  history: ['limit', ...HOSTS],
  undo: ['limit', 'dryRun', 'diff', 'lockWait', ...HOSTS],
  trust: ['inventory', 'verbose', 'yes'],
  secrets: ['inventory', 'verbose'],
  schema: ['verbose'],
  'merge-reports': ['json', 'report', 'verbose'],
}
