import { type Task } from '../lib/index.ts'
import { editLines, insert, type Line, oneLine, type Place, stateless } from './lines.ts'
import { edit, type EditOptions } from './text.ts'

/** The lines around a block. */
export interface Markers {
  readonly begin: string
  readonly end: string
}

/** Every other line, and where the first block stood. */
const cut = (lines: readonly Line[], { begin, end }: Markers): { rest: Line[]; at: number } => {
  const rest: Line[] = []
  let at = -1
  let inside = false
  for (const line of lines) {
    if (!inside && line.content === begin) {
      inside = true
      if (at < 0) at = rest.length
    } else if (inside && line.content === end) inside = false
    else if (!inside) rest.push(line)
  }
  if (inside) throw new Error(`“${begin}” is in it, but no “${end}” after it`)
  return { rest, at }
}

/**
 * The text with this block between its markers: where it stood, or at its place.
 * @throws Error where a block begins and does not end
 */
export const withBlock = (text: string, markers: Markers, body: readonly string[], place: Place = {}): string =>
  editLines(text, (lines) => {
    const block = [markers.begin, ...body, markers.end].map((content): Line => ({ content }))
    const { rest, at } = cut(lines, markers)
    return at < 0 ? insert(rest, block, place) : [...rest.slice(0, at), ...block, ...rest.slice(at)]
  })

/**
 * The text without the block.
 * @throws Error where it begins and does not end
 */
export const withoutBlock = (text: string, markers: Markers): string =>
  editLines(text, (lines) => cut(lines, markers).rest)

export interface BlockOptions extends EditOptions, Place {
  /** Names the block within its file, in its markers. */
  readonly name: string
  /** Its lines. */
  readonly body: string
  /** What begins a comment in this file, and what ends it; `#` unless given. */
  readonly comment?: string | readonly [string, string]
}

const markersOf = ({ name, comment = '#' }: Pick<BlockOptions, 'name' | 'comment'>): Markers => {
  const [before, after = ''] = typeof comment === 'string' ? [comment] : comment
  const marker = (word: string) => oneLine('a marker', `${before} ${word} trueup ${name} ${after}`.trim())
  return { begin: marker('BEGIN'), end: marker('END') }
}

/**
 * Lines of ours in a text file that others write too, between two marker lines.
 *
 * @throws TypeError where the body holds a marker of its own, or a carriage return or NUL
 */
export const block = (options: BlockOptions): Task => {
  const { path, name, title = `block ${name} in ${path}` } = options
  const markers = markersOf(options)
  const body = options.body === '' ? [] : options.body.replace(/\n$/, '').split('\n')
  for (const line of body) {
    if (oneLine('a line of a block', line) === markers.begin || line === markers.end)
      throw new TypeError(`the block ${name} holds its own marker`)
  }
  for (const place of [options.after, options.before]) if (place !== undefined) stateless(place)
  return edit({ ...options, title }, (text) => withBlock(text, markers, body, options))
}

export type NoBlockOptions = Omit<EditOptions, 'create' | 'mode' | 'owner' | 'group'> &
  Pick<BlockOptions, 'name' | 'comment'>

/** No such block in a text file. */
export const noBlock = (options: NoBlockOptions): Task => {
  const { path, name, title = `no block ${name} in ${path}` } = options
  const markers = markersOf(options)
  return edit({ ...options, title }, (text) => withoutBlock(text, markers))
}
