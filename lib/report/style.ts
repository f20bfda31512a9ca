import picocolors from 'picocolors'

export type Colours = ReturnType<typeof picocolors.createColors>

/** The colours to use, or none of them. */
export const colours = (on: boolean): Colours => picocolors.createColors(on)

/** Whether output may be coloured: NO_COLOR and FORCE_COLOR have their say, else a terminal is coloured. */
export const coloured = (env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean => {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
}

/** Text from a host as it may reach a terminal: control characters and those that turn the direction
 * of writing, which could steer it or deceive, show as escapes. */
export const printable = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/[\u2028-\u202e\u2066-\u2069]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`)

/** Every line of a text, moved to the right. */
export const indented = (text: string, by: string): string[] =>
  printable(text)
    .split('\n')
    .map((line) => `${by}${line}`.trimEnd())
