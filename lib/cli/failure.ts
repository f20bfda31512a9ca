import { PatternError } from '../../inventory/patterns.ts'
import { InventoryError } from '../../inventory/problem.ts'
import { mask } from '../language/mask.ts'
import { printable } from '../report/style.ts'
import { RoleError } from '../runner/compose.ts'
import { UnreachableError } from '../session/session.ts'
import { UsageError } from './usage.ts'

/** The exit code of whatever ended the program, and what to say of it. */
export const failure = (error: unknown, verbose: boolean): { exitCode: number; text: string } => {
  if (error instanceof InventoryError || error instanceof PatternError)
    return { exitCode: 64, text: clean(error.message) }
  if (error instanceof RoleError) return { exitCode: 64, text: clean(`${error.message}${below(error, verbose)}`) }
  if (error instanceof UsageError) return { exitCode: 64, text: clean(`trueup: ${error.message}`) }
  if (error instanceof UnreachableError) return { exitCode: 3, text: clean(error.message) }
  const text = error instanceof Error ? ((verbose ? error.stack : undefined) ?? error.message) : String(error)
  return { exitCode: 1, text: clean(`trueup: ${text}`) }
}

/** Where a role's mistake has come from in full, for who asks. */
const below = ({ cause }: RoleError, verbose: boolean): string => {
  if (!(cause instanceof Error)) return ''
  return verbose ? `\n${cause.stack ?? cause.message}` : '; -v shows more'
}

const clean = (text: string): string => printable(mask(text))
