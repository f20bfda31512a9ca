import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { message } from '../../runner/failure.ts'
import { UsageError } from '../usage.ts'

const LEAST = 16

/**
 * The key that plans are marked and sealed with: `TRUEUP_PLAN_KEY` (where one machine plans and another applies), else
 * `~/.config/trueup/plan.key`, which is made the first time. It is in no plan.
 *
 * @throws UsageError where there is none and none can be kept
 */
export const planKey = (env: Readonly<Record<string, string | undefined>> = process.env): Buffer => {
  const given = env['TRUEUP_PLAN_KEY']
  if (given !== undefined && given.length >= LEAST) return Buffer.from(given)
  if (given) throw new UsageError(`TRUEUP_PLAN_KEY is too short to be a key: ${LEAST} characters at least`)
  const file = join(env['HOME'] || homedir(), '.config/trueup/plan.key')
  try {
    return read(file) ?? make(file)
  } catch (error) {
    throw new UsageError(
      `${file}, the key of plans, cannot be used: ${message(error)}; TRUEUP_PLAN_KEY can stand in for it`,
    )
  }
}

const read = (file: string): Buffer | undefined => {
  try {
    const key = readFileSync(file)
    if (key.length < LEAST) throw new Error(`it holds ${key.length} bytes; remove it, and plans made with it`)
    return key
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A link is made at once or not at all: of two runs that begin together, both use the key of the first. */
const make = (file: string): Buffer => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, randomBytes(32), { mode: 0o600, flag: 'wx' })
  try {
    linkSync(fresh, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(fresh)
  }
  chmodSync(file, 0o600)
  return readFileSync(file)
}
