import type { Sh } from '../language/sh.ts'
import { sh } from '../language/sh.ts'
import type { Preview } from '../language/task.ts'
import type { Output } from '../session/session.ts'

/** Bytes of a text file that are fetched for a diff. */
const LIMIT = 256 * 1024
const COMPARE_MS = 1000

/** The exit code of {@link body} for a file that not everybody may read. */
const PRIVATE = 77

/**
 * Prints a file's text for a diff, or nothing where there is none. Links are not followed, at whatever moment they are
 * made, and what only its owner may read is not printed.
 */
export const body = (path: string): Sh => sh`tu_enter ${path} 2>/dev/null || exit 0
file=./${path.slice(path.lastIndexOf('/') + 1)}
[ ! -L "$file" ] && [ -f "$file" ] || exit 0
[ -n "$(find "$file" -maxdepth 0 -perm -o=r)" ] || exit ${PRIVATE}
dd if="$file" iflag=nofollow,nonblock,fullblock,count_bytes bs=64K count=${LIMIT + 1} status=none`

/**
 * What a task does to a text file, as a unified diff; `undefined` where there is nothing to show.
 * @param found - what {@link body} came to; nothing where the file is known not to be there
 */
export const diff = async (preview: Preview, found: Output | undefined): Promise<string | undefined> => {
  const before = found?.stdout ?? Buffer.alloc(0)
  if (found?.code === PRIVATE) return `${preview.path}: not for everybody to read, not shown`
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
