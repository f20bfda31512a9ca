import { randomBytes } from 'node:crypto'
import type { Blob } from '../language/blob.ts'
import { type Sh, sh } from '../language/sh.ts'
import { INLINE_MAX, spell } from './compose.ts'
import type { Output } from './session.ts'

/** The content of commands that is too large to ride along, each once. */
export const largeIn = (commands: readonly Sh[]): readonly Blob[] => {
  const large = commands.flatMap(({ blobs }) => blobs).filter(({ bytes }) => bytes.length > INLINE_MAX)
  return [...new Map(large.map((blob) => [blob.sha256, blob])).values()]
}

export interface Spool {
  readonly directory: string
  upload(content: Blob, path: string): Promise<void>
  /** Runs commands as bash reads them. */
  run(texts: readonly string[]): Promise<Output[]>
}

/**
 * Runs commands with their large content in files for the length of the request. The request itself sweeps them away, so
 * that the host does also when the connection is lost. Nothing is run where not all of the content is there.
 */
export const runSpooled = async (
  commands: readonly Sh[],
  large: readonly Blob[],
  { directory, upload, run }: Spool,
): Promise<Output[]> => {
  const paths = new Map<string, string>()
  const sweep = () => spell(sh`rm -f ${[...paths.values()]}`)
  let swept = true
  try {
    for (const blob of large) {
      const path = `${directory}/trueup-${randomBytes(16).toString('hex')}`
      await upload(blob, path)
      paths.set(blob.sha256, path)
      swept = false
    }
    const outputs = await run([...commands.map((command) => spell(command, paths)), sweep()])
    swept = outputs.pop()?.code === 0
    return outputs
  } finally {
    if (!swept) await run([sweep()])
  }
}
