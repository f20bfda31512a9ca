import { randomBytes } from 'node:crypto'
import { quote } from '../language/quote.ts'
import type { Secret } from '../language/secret.ts'
import { READY } from './loop.ts'
import { UnreachableError } from './session.ts'
import type { Streams } from './shell.ts'

/** Seconds that sudo may take, its delay after a wrong password and a slow PAM included. */
const PATIENCE = 30

/** Characters kept of what comes before sudo is through: whoever is on the other side may never come to an end. */
const KEPT = 4096

export interface Become {
  /** The host's name. */
  readonly name: string
  /** Who commands run as. */
  readonly user: string
  /** Who logs in. */
  readonly login: string
  readonly password: Secret | undefined
}

/** How a command is run as another user, and how the way there is watched. */
export interface Sudo {
  /** Stands before the command. */
  readonly before: string
  /**
   * Sees sudo through: gives the password once, when sudo's own prompt has come (without a prompt it would become the
   * first thing that bash reads), and returns when bash is there.
   * @throws UnreachableError
   */
  pass(streams: Streams): Promise<void>
}

/** sudo(8): `-S` reads the password from stdin, `-p` is the prompt, `-k` forgets earlier ones, `-H` sets HOME. */
export const sudo = (become: Become): Sudo => {
  const prompt = `trueup-password-${randomBytes(8).toString('hex')}:`
  return {
    before: `sudo -k -S -H -p ${prompt} -u ${quote(become.user)} -- `,
    pass: (streams) => pass(become, prompt, streams),
  }
}

const pass = ({ name, user, login, password }: Become, prompt: string, streams: Streams): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = ''
    let seen = ''
    let asked = false
    const fail = (reason: string) => {
      finish()
      streams.destroy()
      reject(new UnreachableError(`${name}: ${login} did not become ${user} by sudo: ${reason}`))
    }
    const onStdout = (chunk: Buffer) => {
      seen = seen.slice(-READY.length) + chunk.toString('latin1')
      if (!seen.includes(READY)) return
      finish()
      resolve()
    }
    const onStderr = (chunk: Buffer) => {
      said += chunk.toString()
      const at = said.indexOf(prompt)
      if (at === -1) {
        said = said.slice(-KEPT)
        return
      }
      said = said.slice(0, at) + said.slice(at + prompt.length)
      if (password === undefined) return fail('it wants a password; give --ask-become-pass, or NOPASSWD in sudoers')
      if (asked) return fail('the password is wrong')
      asked = true
      streams.stdin.write(`${password.reveal()}\n`)
    }
    const finish = () => {
      clearTimeout(late)
      streams.stdout.off('data', onStdout).pause()
      streams.stderr.off('data', onStderr).pause()
    }
    const late = setTimeout(() => fail(`no answer within ${PATIENCE} s${tail(said)}`), PATIENCE * 1000)
    streams.stdin.on('error', () => {})
    streams.stdout.on('data', onStdout)
    streams.stderr.on('data', onStderr)
    void streams.closed.then(() => fail(explain(said, user)))
  })

const tail = (said: string): string => (said.trim() === '' ? '' : `: ${said.trim().split('\n').slice(-3).join(' / ')}`)

const explain = (said: string, user: string): string => {
  if (/must have a tty|requiretty/i.test(said))
    return 'sudoers has requiretty, and there is no terminal; set !requiretty'
  if (/not in the sudoers|not allowed to (?:execute|run)|may not run/i.test(said))
    return `sudoers does not allow it to run commands as ${user}`
  if (/sudo.*(?:not found|no such file)/i.test(said)) return 'there is no sudo on the host'
  if (/incorrect password|sorry, try again/i.test(said)) return 'the password is wrong'
  return `sudo ended${tail(said)}`
}
