import { userInfo } from 'node:os'
import { $ } from 'zx/core'
import { bootCommand } from './loop.ts'
import type { Streams } from './shell.ts'

/** zx keeps all output of a process for its end; an endless stream must not be kept. */
class Nothing extends Array<Buffer | string> {
  override push(): number {
    return 0
  }
}

/** Secrets and settings of the runner's environment are none of the commands' business. */
const environment = (): NodeJS.ProcessEnv => {
  const { username, homedir } = userInfo()
  return { PATH: process.env['PATH'], HOME: homedir, USER: username, LOGNAME: username }
}

/**
 * Starts the loop on this machine, in a session of its own (setsid(2)): Ctrl-C in the terminal is the runner's to handle.
 *
 * @param before - what runs it, such as a sudo with its options
 */
export const startLocal = (before = ''): Streams => {
  const store = { stdout: new Nothing(), stderr: new Nothing(), stdall: new Nothing() }
  const settings = { shell: '/bin/sh', prefix: '', nothrow: true, quiet: true, detached: true, stdio: 'pipe' } as const
  const child = $({ ...settings, store, env: environment(), quote: (text) => text })`${bootCommand(before)}`
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    closed: child.then(({ exitCode, signal }) => `bash ended with ${signal ?? `exit code ${exitCode}`}`),
    destroy: () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
      // The loop ends with its stdin, as soon as the command under way has ended.
      child.child?.unref()
    },
  }
}
