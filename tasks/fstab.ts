import { type Handler, type Task } from '../lib/index.ts'
import { editLines, type Line } from './lines.ts'
import { edit } from './text.ts'

/** A line of fstab(5). */
export interface FstabEntry {
  readonly source: string
  /** The mount point, or `none` for swap. */
  readonly target: string
  readonly type: string
  readonly options?: readonly string[]
  readonly dump?: number
  /** The order of checks at boot: 1 for the root, 2 for others, 0 for none. */
  readonly pass?: number
}

const ESCAPES: Readonly<Record<string, string>> = { ' ': '\\040', '\t': '\\011', '\\': '\\134', '#': '\\043' }

/**
 * One field of fstab(5) or /proc/self/mountinfo: spaces, tabs, backslashes (and `#`) as octal numbers.
 * @throws TypeError on what no field can hold
 */
export const escapeField = (text: string): string => {
  if (text === '' || /[\n\r\0]/.test(text)) throw new TypeError(`fstab cannot hold ${JSON.stringify(text)}`)
  return text.replace(/[ \t\\#]/g, (one) => ESCAPES[one] ?? one)
}

/** The text behind a field. */
export const unescapeField = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** The six fields of a line, with the defaults of the last two; none for a comment or an empty line. */
const fields = (content: string): readonly string[] | undefined => {
  const found = content.trim().split(/\s+/)
  if (found.length < 2 || content.trimStart().startsWith('#')) return undefined
  const [source = '', target = '', type = 'auto', options = 'defaults', dump = '0', pass = '0'] = found
  return [source, target, type, options, dump, pass].map(unescapeField)
}

/** What an entry is known by: its mount point, or for swap its source. */
type Identity = { readonly target: string } | { readonly source: string }

const about =
  (identity: Identity) =>
  ({ content }: Line) =>
    'target' in identity ? fields(content)?.[1] === identity.target : fields(content)?.[0] === identity.source

/** The text with this entry, in the place of the first about the same; every other line as it was. */
export const withEntry = (text: string, entry: FstabEntry): string => {
  const { source, target, type, options = ['defaults'], dump = 0, pass = 0 } = entry
  const wanted = [source, target, type, options.join(','), String(dump), String(pass)]
  const line: Line = { content: wanted.map(escapeField).join('\t') }
  const same = about(target === 'none' ? { source } : { target })
  return editLines(text, (lines) => {
    const first = lines.findIndex(same)
    if (first < 0) return [...lines, line]
    return lines.flatMap((one, index) => {
      if (!same(one)) return [one]
      if (index > first) return []
      return [fields(one.content)?.join('\0') === wanted.join('\0') ? one : { ...one, content: line.content }]
    })
  })
}

/** The text without entries of this mount point, or source. */
export const withoutEntry = (text: string, identity: Identity): string =>
  editLines(text, (lines) => lines.filter((line) => !about(identity)(line)))

/**
 * A line in /etc/fstab.
 *
 * @throws TypeError on what fstab(5) cannot hold
 */
export const fstabEntry = (entry: FstabEntry, notifies?: Handler | readonly Handler[]): Task => {
  withEntry('', entry)
  return edit(
    {
      title: `fstab ${entry.target === 'none' ? entry.source : entry.target}`,
      path: '/etc/fstab',
      create: true,
      ...(notifies !== undefined && { notifies }),
    },
    (text) => withEntry(text, entry),
  )
}

/** No line in /etc/fstab about this mount point, or source. */
export const noFstabEntry = (identity: Identity): Task =>
  edit({ title: `no fstab ${'target' in identity ? identity.target : identity.source}`, path: '/etc/fstab' }, (text) =>
    withoutEntry(text, identity),
  )
