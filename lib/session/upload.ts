import { jobScript, keep, receive } from './compose.ts'
import type { Shell } from './shell.ts'

/**
 * Content of this size goes beside the shell, where there is a way. Measured with OpenSSH on loopback: from here on the
 * way beside is the quicker one; below it the round trips of sftp weigh more than its throughput gains.
 */
const BESIDE_MIN = 1024 * 1024

/** Slower than 50 kB/s is not waited for. */
const request = (size: number) =>
  ({ mode: 'feed', timeout: 120 + Math.ceil(size / 50_000), parts: 1, limit: 4096 }) as const

/** Through the shell: one round trip, needs nothing, and is what says why where a file cannot be written. */
const feed = async (shell: Shell, content: Buffer, path: string): Promise<void> => {
  const options = { ...request(content.length), content }
  const [output] = await shell.request(jobScript([receive(path, content.length)]), options)
  if (output?.code === 0) return
  throw new Error(`${shell.name}: ${path} was not written: ${output?.stderr.toString().trim() || 'timed out'}`)
}

/**
 * Beside the shell, which meanwhile watches over the file: it removes it on a word or when the connection is lost.
 *
 * @returns whether it is there; where it is not, nothing is
 */
const beside = async (shell: Shell, content: Buffer, path: string): Promise<boolean> => {
  const fill = await shell.create?.(path)
  if (fill === undefined) return false
  const watch = shell.request(jobScript([keep(path)]), request(content.length))
  watch.catch(() => {})
  shell.say((await fill(content)) ? 'keep' : 'drop')
  const [output] = await watch
  return output?.code === 0
}

/**
 * Writes content to a new file (0600). Nothing else may be under way on the shell.
 *
 * @throws Error where it cannot be written; nothing of it is left then
 * @throws LostError
 */
export const upload = async (shell: Shell, content: Buffer, path: string): Promise<void> => {
  if (content.length >= BESIDE_MIN && (await beside(shell, content, path))) return
  await feed(shell, content, path)
}

/** Whether an upload has to be alone on the connection. */
export const isAlone = (shell: Shell, content: Buffer): boolean =>
  shell.create !== undefined && content.length >= BESIDE_MIN
