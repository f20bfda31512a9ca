import pLimit from 'p-limit'
import type { Host } from '../../inventory/host.ts'
import { mask } from '../language/mask.ts'
import type { Sh } from '../language/sh.ts'
import { message } from '../runner/failure.ts'
import { LostError, type Output, type Session, UnreachableError } from '../session/session.ts'

/** What a host has answered, or why it could not. */
export type Asked = { readonly host: Host } & (
  | { readonly output: Output }
  | { readonly error: string; readonly exitCode: number }
)

/** Asks several hosts the same question, side by side. */
export const askAll = async (
  hosts: readonly Host[],
  open: (host: Host) => Promise<Session>,
  question: Sh,
  forks: number,
): Promise<Asked[]> => {
  const limit = pLimit(forks)
  return await Promise.all(hosts.map((host) => limit(() => ask(host, open, question))))
}

const LIMIT = 64 * 1024 * 1024

const ask = async (host: Host, open: (host: Host) => Promise<Session>, question: Sh): Promise<Asked> => {
  let session: Session | undefined
  try {
    session = await open(host)
    await session.hello()
    const [output] = await session.exec([question], { limit: LIMIT })
    if (output?.code === 0 && !output.truncated) return { host, output }
    return {
      host,
      exitCode: 1,
      error: `${host.name}: ${output?.stderr.toString().trim() || 'it gave no whole answer'}`,
    }
  } catch (error) {
    const exitCode = error instanceof UnreachableError || error instanceof LostError ? 3 : 1
    return { host, exitCode, error: mask(message(error)) }
  } finally {
    await session?.close()
  }
}
