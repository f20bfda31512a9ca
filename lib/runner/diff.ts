import type { Sh } from '../language/sh.ts'
import { sh } from '../language/sh.ts'
import type { Preview } from '../language/task.ts'

/** Bytes of a text file that are fetched for a diff. */
const LIMIT = 256 * 1024
const COMPARE_MS = 1000

/** Prints a file's text for a diff, or nothing where there is none. */
export const body = (path: string): Sh => sh`[ ! -f ${path} ] || head -c ${LIMIT + 1} -- ${path}`

/**
 * What a task does to a text file, as a unified diff; `undefined` where there is nothing to show.
 * @param before - the file's content; '' where it is not there
 */
export const diff = async (preview: Preview, before: Buffer): Promise<string | undefined> => {
  if (before.length > LIMIT || before.includes(0)) return `${preview.path}: too large or not text, not shown`
  const old = before.toString()
  const after = preview.after(old)
  if (old === after) return undefined
  const { createTwoFilesPatch } = await import('diff')
  const patch = createTwoFilesPatch(preview.path, preview.path, old, after, '', '', { context: 3, timeout: COMPARE_MS })
  if (patch === undefined) return `${preview.path}: too different to compare`
  return patch
    .slice(patch.indexOf('--- '))
    .split('\n')
    .filter((line) => !line.startsWith('\\ No newline'))
    .join('\n')
    .trimEnd()
}
