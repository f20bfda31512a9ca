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
  readonly diff: boolean
  readonly json: boolean
  readonly forks: number
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
  diff: true,
  json: false,
  forks: 10,
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
  | 'history'
  | 'undo'

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
  apply: [...WHICH, ...HOSTS, 'dryRun', 'diff', 'out', 'plan', 'allowUnknown'],
  'list-roles': [...WHICH, 'listRoles'],
  'list-tasks': [...WHICH, 'listTasks'],
  'list-hosts': [...WHICH, 'listHosts'],
  exec: HOSTS,
  history: ['limit', ...HOSTS],
  undo: ['limit', 'dryRun', 'diff', ...HOSTS],
  trust: ['inventory', 'verbose', 'yes'],
  schema: ['verbose'],
}
