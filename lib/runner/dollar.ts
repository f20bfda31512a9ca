import type { Blob } from '../language/blob.ts'
import { Sh, sh } from '../language/sh.ts'
import type { Context, Dollar, Ran } from '../language/task.ts'
import type { Session } from '../session/session.ts'
import { failure } from './failure.ts'

/** A command behind others that must succeed first. */
export const behind = (first: readonly Sh[], command: Sh): Sh =>
  new Sh([...first.flatMap(({ pieces }) => [...pieces, { text: ' || exit\n' }]), ...command.pieces])

/** What is sent for each of several commands: the first is behind others that must succeed before anything is changed. */
export const withFirst = (first: readonly Sh[], around = (command: Sh): Sh => command): ((command: Sh) => Sh) => {
  let ahead = first
  return (command) => {
    const sent = behind(ahead, around(command))
    ahead = []
    return sent
  }
}

/**
 * zx's `$`, for the host: one request for each command.
 *
 * @param around - what is sent for a command, where that is more than the command
 */
export const dollar = (session: Session, timeout: number, around = (command: Sh): Sh => command): Dollar => {
  const run = async (command: Sh): Promise<Ran> => {
    const [output] = await session.exec([around(command)], { timeout })
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
export const context = (session: Session, timeout: number, around?: (command: Sh) => Sh): Context => ({
  $: dollar(session, timeout, around),
  upload: (content: Blob, path: string) => session.upload(content, path),
})
