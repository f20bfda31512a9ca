import type { Role } from '../language/role.ts'
import type { Outside, OutsideInput } from '../language/verification.ts'
import { RoleError } from '../runner/compose.ts'
import { located } from '../runner/place.ts'
import { endQuietly } from './closed.ts'
import { exitNow } from './exit-now.ts'
import { failure } from './failure.ts'
import type { Invocation } from './options.ts'
import { parse } from './parse.ts'
import { version } from './version.ts'

/** Imports the roles' files. */
export type Load = () => Promise<Program>

/** What the command line works with. */
export interface Program {
  /** In the order in which `all` applies them. */
  readonly roles: readonly Role[]
  /** What `verify` asks from outside of a site's hosts. */
  outside?(input: OutsideInput): readonly Outside[]
}

const listRoles = ({ roles }: Program): number => {
  process.stdout.write(roles.map(({ name }) => `${name}\n`).join(''))
  return 0
}

/** A mistake in a role's file is one line, like any other, and no crash of ours. */
const loaded = async (load: Load): Promise<Program> => {
  try {
    return await load()
  } catch (error) {
    throw new RoleError(`the roles cannot be loaded: ${located(error)}`, { cause: error })
  }
}

const carryOut = async (invocation: Invocation, program: Program): Promise<number> => {
  if (invocation.command === 'list-roles') return listRoles(program)
  if (invocation.command === 'merge-reports') return await (await import('./merge-reports.ts')).mergeReports(invocation)
  const commands = await import('./commands.ts')
  switch (invocation.command) {
    case 'apply':
      return await commands.apply(invocation, program)
    case 'exec':
      return await commands.exec(invocation)
    case 'history':
      return await commands.history(invocation)
    case 'list-hosts':
      return await commands.listHosts(invocation)
    case 'list-tasks':
      return await commands.listTasks(invocation, program)
    case 'schema':
      return await commands.schema(invocation, program)
    case 'secrets':
      return await commands.secrets(invocation)
    case 'trust':
      return await commands.trust(invocation)
    case 'verify':
      return await commands.verify(invocation, program)
    case 'undo':
      return await commands.undo(invocation)
  }
}

/**
 * The whole program.
 *
 * @param argv - what was typed, without node and the script
 * @param load - imports the roles
 * @returns the exit code
 */
export const main = async (argv: readonly string[], load: Load): Promise<number> => {
  const verbose = argv.includes('-v') || argv.includes('--verbose')
  endQuietly(process.stdout)
  process.once('uncaughtException', (error) => {
    const { exitCode, text } = failure(error, verbose)
    exitNow(exitCode, text)
  })
  try {
    const invocation = parse(argv, version())
    return invocation === undefined ? 0 : await carryOut(invocation, await loaded(load))
  } catch (error) {
    const { exitCode, text } = failure(error, verbose)
    process.stderr.write(`${text}\n`)
    return exitCode
  }
}
