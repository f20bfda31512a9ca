/** One line of a text: what it says, and how it ends. A line without an end gets the one that the text uses. */
export interface Line {
  readonly content: string
  readonly end?: '\n' | '\r\n' | ''
}

const read = (piece: string): Line => {
  const end = piece.endsWith('\r\n') ? '\r\n' : piece.endsWith('\n') ? '\n' : ''
  return { content: piece.slice(0, piece.length - end.length), end }
}

/**
 * Changes a text line by line. Lines that are handed on stay byte for byte; new ones end as the text's first line does.
 * A text without a line end at its very end stays one.
 */
export const editLines = (text: string, change: (lines: readonly Line[]) => readonly Line[]): string => {
  const lines = (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map(read)
  const usual = lines[0]?.end === '\r\n' ? '\r\n' : '\n'
  const open = lines.at(-1)?.end === ''
  const changed = change(lines)
  return changed
    .map(
      ({ content, end }, index) =>
        content + (open && content !== '' && index === changed.length - 1 ? '' : end || usual),
    )
    .join('')
}

/** @throws TypeError on text that is not one line */
export const oneLine = (what: string, text: string): string => {
  if (/[\r\n\0]/.test(text)) throw new TypeError(`${what} must be one line: ${JSON.stringify(text)}`)
  return text
}

/** @throws TypeError on a pattern that would remember where it last matched */
export const stateless = (pattern: RegExp): RegExp => {
  if (pattern.global || pattern.sticky) throw new TypeError(`${String(pattern)}: the flags g and y have no place here`)
  return pattern
}

/** Where to put new lines: after the last line that matches `after`, before the first that matches `before`, or last. */
export interface Place {
  readonly after?: RegExp
  readonly before?: RegExp
}

/** @throws TypeError on patterns with the flags g or y */
export const insert = (lines: readonly Line[], added: readonly Line[], { after, before }: Place): Line[] => {
  const last = after === undefined ? -1 : lines.findLastIndex(({ content }) => stateless(after).test(content))
  const first = before === undefined ? -1 : lines.findIndex(({ content }) => stateless(before).test(content))
  const at = last >= 0 ? last + 1 : first >= 0 ? first : lines.length
  return [...lines.slice(0, at), ...added, ...lines.slice(at)]
}
