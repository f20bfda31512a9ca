import type { Role } from '../language/role.ts'
import { endQuietly } from './closed.ts'
import { failure } from './failure.ts'
import type { CommandName, Invocation } from './options.ts'
import { parse } from './parse.ts'
import { version } from './version.ts'

/** What the command line works with. */
export interface Program {
  /** In the order in which `all` applies them. */
  readonly roles: readonly Role[]
}

type Run = (invocation: Invocation, program: Program) => Promise<number>

/** Each command is loaded when it is asked for: most of the start-up time is loading. */
const COMMANDS: Readonly<Record<CommandName, () => Promise<Run>>> = {
  apply: async () => (await import('./apply.ts')).apply,
  lists: async () => (await import('./lists.ts')).lists,
  exec: async () => (await import('./exec.ts')).exec,
  trust: async () => (await import('./trust.ts')).trust,
  schema: async () => (await import('./schema.ts')).schema,
}

/**
 * The whole program.
 *
 * @param argv - what was typed, without node and the script
 * @returns the exit code
 */
export const main = async (argv: readonly string[], program: Program): Promise<number> => {
  const verbose = argv.includes('-v') || argv.includes('--verbose')
  const tell = (error: unknown): number => {
    const { exitCode, text } = failure(error, verbose)
    process.stderr.write(`${text}\n`)
    return exitCode
  }
  endQuietly(process.stdout)
  process.once('uncaughtException', (error) => process.exit(tell(error)))
  try {
    const invocation = parse(argv, version())
    if (invocation === undefined) return 0
    const run = await COMMANDS[invocation.command]()
    return await run(invocation, program)
  } catch (error) {
    return tell(error)
  }
}
