import { appendFileSync } from 'node:fs'
import type { Sh } from '../../lib/index.ts'
import { ShellSession } from '../../lib/session/shell-session.ts'
import type { Phase, Request } from './moments.ts'

/** `PHASE:REQUEST:MILLISECONDS`. */
export const spelled = ({ phase, n, ms }: { phase: Phase; n: number; ms: number }): string => `${phase}:${n}:${ms}`

/** What a request is for, by the shell functions that are called in it (lib/language/prelude-*.ts). */
const sorter = () => {
  let armed = false
  return (commands: readonly Sh[]): Request['sort'] => {
    const text = commands.map(String).join('\n')
    armed ||= text.includes('tu_guard ')
    if (armed) {
      armed = !text.includes('tu_proved')
      return 'guarded'
    }
    if (text.includes('tu_change ')) return 'change'
    return /tu_paid |tu_settle /.test(text) ? 'handler' : 'read'
  }
}

/** Makes every session of this process write down its requests, and the process die at one of them. */
export const strike = (at: string | undefined, trace: string | undefined): void => {
  const [phase, n, ms] = at?.split(':') ?? []
  const sortOf = sorter()
  const { exec } = ShellSession.prototype
  let count = 0
  ShellSession.prototype.exec = async function (commands, options) {
    const request = (count += 1)
    const sort = sortOf(commands)
    const here = (when: Phase) => phase === when && request === Number(n)
    const die = () => process.kill(process.pid, 'SIGKILL')
    if (here('before')) die()
    const started = performance.now()
    const answer = exec.call(this, commands, options)
    if (here('during')) setTimeout(die, Number(ms))
    const outputs = await answer
    if (here('answered')) die()
    const line: Request = { n: request, sort, ms: Math.round(performance.now() - started) }
    if (trace !== undefined) appendFileSync(trace, `${JSON.stringify(line)}\n`)
    // The step after this one is told and begun in the same turn of the loop: this is right behind it.
    if (here('between')) setImmediate(die)
    return outputs
  }
}
