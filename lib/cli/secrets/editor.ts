import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { UsageError } from '../usage.ts'

/** The editor was ended by a signal, or we were: nothing is saved. The exit code is the shell's, 128 and the signal. */
export class EndedError extends Error {
  override readonly name = 'EndedError'
  readonly exitCode: number

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}; nothing was saved`)
    this.exitCode = 128 + constants.signals[signal]
  }
}

/** What an editor may not see: it keeps its environment, and so does all that it starts. */
const without = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => name !== 'TRUEUP_AGE_KEY' && !name.startsWith('TRUEUP_SECRET_')),
  )

/**
 * Opens a file in the person's editor, as git does: `$VISUAL`, else `$EDITOR`, else vi; both may have arguments.
 * It takes the shell's place, so that a signal reaches it. Ctrl-C is the editor's; when we are to end, the editor ends first.
 *
 * @throws EndedError, UsageError
 */
export const editor = (path: string, env = process.env): Promise<void> =>
  new Promise((resolve, reject) => {
    const command = env['VISUAL'] || env['EDITOR'] || 'vi'
    const child = spawn('/bin/sh', ['-c', `exec ${command} "$1"`, 'trueup', path], {
      stdio: 'inherit',
      env: without(env),
    })
    let told: NodeJS.Signals | undefined
    const pass = (signal: NodeJS.Signals) => {
      told = signal
      child.kill(signal)
    }
    const ignore = () => {}
    const end = (then: () => void) => {
      for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, pass)
      process.off('SIGINT', ignore)
      then()
    }
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, pass)
    process.on('SIGINT', ignore)
    child.on('error', (error) => end(() => reject(error)))
    child.on('exit', (code, signal) =>
      end(() => {
        const by = told ?? signal
        if (by !== null) reject(new EndedError(by))
        else if (code === 0) resolve()
        else reject(new UsageError(`the editor (${command}) ended with exit code ${code}; nothing was saved`))
      }),
    )
  })
