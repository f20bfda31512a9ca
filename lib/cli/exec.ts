import pLimit from 'p-limit'
import type { Host } from '../../inventory/host.ts'
import { resolveHosts } from '../../inventory/vars.ts'
import { mask } from '../language/mask.ts'
import { raw, type Sh, sh } from '../language/sh.ts'
import { message } from '../runner/failure.ts'
import { worst } from '../runner/tally.ts'
import { LostError, type Session, UnreachableError } from '../session/session.ts'
import { selection } from './hosts.ts'
import { interrupts } from './interrupt.ts'
import { note } from './note.ts'
import { opener } from './open.ts'
import type { Invocation } from './options.ts'
import { type Answer, teller } from './answers.ts'
import { UsageError } from './usage.ts'

const SECONDS = 3600

/** Runs a command on hosts, side by side. One word is shell text; several are a program and its arguments. */
export const exec = async ({ words, options }: Invocation): Promise<number> => {
  const [pattern, ...command] = words
  if (command.length === 0) throw new UsageError('exec what? exec PATTERN -- CMD')
  const { inventory, names } = selection(options.inventory, pattern)
  const hosts = await resolveHosts(inventory, names)
  const tell = teller(options.json, hosts)
  const open = await opener(options, (event) => event.event === 'warning' && note(`${event.host}: ${event.message}`))
  const signal = interrupts.watch(note)
  const limit = pLimit(options.forks)
  const codes = hosts.map((host) =>
    limit(async () => {
      if (signal.aborted) return 130
      const answer = await ask(host, open, command.length > 1 ? sh`${command}` : raw(command[0] ?? ''))
      tell(answer)
      return answer.exitCode
    }),
  )
  return worst(await Promise.all(codes))
}

const ask = async (host: Host, open: (host: Host) => Promise<Session>, command: Sh): Promise<Answer> => {
  const started = performance.now()
  let session: Session | undefined
  try {
    session = await open(host)
    await session.hello()
    const [output] = await session.exec([command], { timeout: SECONDS })
    const ms = Math.round(performance.now() - started)
    const { code = null, stdout = '', stderr = '' } = output ?? {}
    const said = { stdout: mask(stdout.toString()), stderr: mask(stderr.toString()) }
    return { host: host.name, exitCode: code === 0 ? 0 : 1, code, ...said, ms }
  } catch (error) {
    const exitCode = error instanceof UnreachableError || error instanceof LostError ? 3 : 1
    return { host: host.name, exitCode, error: mask(message(error)) }
  } finally {
    await session?.close()
  }
}
