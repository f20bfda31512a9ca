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

/** What a command takes is loaded when it is called: most of a start is loading. */
const carryOut = async (invocation: Invocation, load: () => Promise<Program>): Promise<number> => {
  switch (invocation.command) {
    case 'apply':
      return await (await import('./apply.ts')).apply(invocation, load)
    case 'exec':
      return await (await import('./exec.ts')).exec(invocation)
    case 'history':
      return await (await import('./history.ts')).history(invocation)
    case 'list-hosts':
      return await (await import('./list.ts')).listHosts(invocation)
    case 'list-roles':
      return listRoles(await load())
    case 'list-tasks':
      return await (await import('./list.ts')).listTasks(invocation, await load())
    case 'merge-reports':
      return await (await import('./merge-reports.ts')).mergeReports(invocation)
    case 'schema':
      return await (await import('./schema.ts')).schema(invocation, await load())
    case 'secrets':
      return await (await import('./secrets/index.ts')).secrets(invocation)
    case 'trust':
      return await (await import('./trust.ts')).trust(invocation)
    case 'verify':
      return await (await import('./verify.ts')).verify(invocation, await load())
    case 'undo':
      return await (await import('./undo.ts')).undo(invocation)
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
    return invocation === undefined ? 0 : await carryOut(invocation, () => loaded(load))
  } catch (error) {
    const { exitCode, text } = failure(error, verbose)
    process.stderr.write(`${text}\n`)
    return exitCode
  }
}
