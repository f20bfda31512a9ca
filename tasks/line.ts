import { type Task } from '../lib/index.ts'
import { editLines, insert, oneLine, type Place, stateless } from './lines.ts'
import { edit, type EditOptions } from './text.ts'

/**
 * The text with this line in it. With a pattern, the first line that matches becomes the line and any further ones that
 * match go: they are one setting. A line that is there already stays where it is.
 */
export const withLine = (text: string, line: string, match: RegExp | undefined, place: Place = {}): string =>
  editLines(text, (lines) => {
    const first = lines.findIndex(({ content }) => content === line || match?.test(content) === true)
    if (first < 0) return insert(lines, [{ content: line }], place)
    return lines.flatMap((one, index) => {
      if (index === first) return [{ ...one, content: line }]
      return match?.test(one.content) === true ? [] : [one]
    })
  })

/** The text without the lines that match. */
export const withoutLines = (text: string, match: RegExp): string =>
  editLines(text, (lines) => lines.filter(({ content }) => !match.test(content)))

export interface LineOptions extends EditOptions, Place {
  /** Unless given: after the path and the line. Give one where the line has a value that may change. */
  readonly title?: string
  readonly line: string
  /** What lines of the same setting look like, whatever its value; the line itself must match it. */
  readonly match?: RegExp
}

/**
 * One line in a text file that others write too.
 *
 * @throws TypeError on a line that is empty or more than one, and where the line does not match its own pattern
 */
export const line = (options: LineOptions): Task => {
  const { path, match, title = `line in ${path}: ${match === undefined ? options.line : match.source}` } = options
  const wanted = oneLine('a line', options.line)
  if (wanted === '') throw new TypeError(`an empty line in ${path} would be added each time`)
  if (match !== undefined && !stateless(match).test(wanted))
    throw new TypeError(
      `the line ${JSON.stringify(wanted)} does not match ${String(match)}, so it would be added each time`,
    )
  for (const place of [options.after, options.before]) if (place !== undefined) stateless(place)
  return edit({ ...options, title }, (text) => withLine(text, wanted, match, options))
}

export interface NoLineOptions extends Omit<EditOptions, 'create' | 'mode' | 'owner' | 'group'> {
  readonly match: RegExp
}

/** No line in a text file that matches. A file that is not there has none. */
export const noLine = (options: NoLineOptions): Task => {
  const { path, match, title = `no line in ${path}: ${match.source}` } = options
  return edit({ ...options, title }, (text) => withoutLines(text, stateless(match)))
}
