import type { Blob } from '../language/blob.ts'
import { Sh, sh } from '../language/sh.ts'
import type { Context, Dollar, Ran } from '../language/task.ts'
import type { Session } from '../session/session.ts'
import { failure } from './failure.ts'

/** A command behind others that must succeed first. */
export const behind = (first: readonly Sh[], command: Sh): Sh =>
  new Sh([...first.flatMap(({ pieces }) => [...pieces, { text: ' || exit\n' }]), ...command.pieces])

/**
 * zx's `$`, for the host: one request for each command.
 *
 * @param first - rides in the first of them
 */
export const dollar = (session: Session, timeout: number, first: readonly Sh[] = []): Dollar => {
  let ahead = first
  const run = async (command: Sh): Promise<Ran> => {
    const sent = behind(ahead, command)
    ahead = []
    const [output] = await session.exec([sent], { timeout })
    if (output?.code == null) throw new Error(failure(command, output))
    return { code: output.code, stdout: output.stdout.toString(), stderr: output.stderr.toString() }
  }
  return (texts, ...parts) => {
    const command = sh(texts, ...parts)
    const ran = run(command)
    const strict = ran.then((result) => {
      if (result.code !== 0) throw new Error(failure(command, result))
      return result
    })
    // Whoever asks for nothrow() or exitCode never looks at this one; its failure is not theirs.
    strict.catch(() => {})
    return Object.assign(strict, {
      nothrow: () => ran,
      text: () => strict.then(({ stdout }) => stdout.replace(/\n$/, '')),
      exitCode: ran.then(({ code }) => code),
    })
  }
}

/** What imperative tasks work with. */
export const context = (session: Session, timeout: number, first: readonly Sh[]): Context => ({
  $: dollar(session, timeout, first),
  upload: (content: Blob, path: string) => session.upload(content, path),
})
