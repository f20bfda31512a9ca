/** Characters that no POSIX shell treats specially, anywhere in a word. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/

/**
 * Quotes one word for any POSIX shell (POSIX.1-2017, 2.2.2 Single-Quotes). Not zx's quote: its `$'…'` is bash's own
 * and is injectable under dash.
 *
 * @throws TypeError on a NUL, which no program's argument can hold
 */
export const quote = (word: string): string => {
  if (word.includes('\0'))
    throw new TypeError(`a NUL cannot be part of a command's argument: ${JSON.stringify(word.slice(0, 80))}`)
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
