import { $ as zx, ProcessOutput, type ProcessPromise } from 'zx/core'

/** A bash with -c and a socket as its stdin takes itself for one of rshd's, and reads ~/.bashrc, unless it is below another. */
const env = { ...process.env, SHLVL: '1' }

/** Local commands of the sandbox: silent, fed with nothing, thrown when they fail. */
export const $ = zx({ quiet: true, input: '', env })

/** All that a command writes to its standard output; zx reads each piece of it alone, and cuts characters in two. */
export const whole = async (running: ProcessPromise): Promise<string> => {
  const pieces: Buffer[] = []
  running.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  await running
  return Buffer.concat(pieces).toString()
}

/** Tells the person what takes a while; stderr, because stdout belongs to what was asked for. */
export const say = (message: string) => process.stderr.write(`sandbox: ${message}\n`)

/** Something that the person can mend; printed as one line, without a stack. */
export class SandboxError extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'SandboxError'
    this.exitCode = exitCode
  }
}

/** What to tell a tired human of whatever was thrown: of a failed command, its last words. */
export const explain = (error: unknown): string => {
  if (error instanceof ProcessOutput) return error.stderr.trim().split('\n').slice(-5).join('\n') || error.message
  return error instanceof Error ? error.message : String(error)
}
