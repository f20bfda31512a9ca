import { createHash } from 'node:crypto'

/** A line of an authorized_keys file (sshd(8)). */
export interface PublicKey {
  /** What identifies it, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string
  /** The key itself, in base64. */
  readonly body: string
  /** Everything else that is in the line: options, type, comment. */
  readonly rest: string
}

/** What sshd(8) takes for the end of a word; other white space in the middle of a key it skips. */
const BLANK = /[ \t]/
const SPACE = /[ \t\v\f\r]/
const TYPE = /^(?:sk-)?(?:ssh|ecdsa)-[A-Za-z0-9@.-]+$/
const BODY = /^AAAA[A-Za-z0-9+/]+={0,2}$/

/** The first word of a line, in which blanks may stand between double quotes, and what follows it. Reads each character once. */
const word = (line: string): [word: string, rest: string] => {
  let quoted = false
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === '\\' && line[at + 1] === '"') at += 1
    else if (line[at] === '"') quoted = !quoted
    else if (!quoted && BLANK.test(line[at] ?? '')) return [line.slice(0, at), trimmed(line.slice(at))]
  }
  return quoted ? ['', ''] : [line, '']
}

/** Without blanks at either end; in one pass, which a regular expression would not be. */
const trimmed = (text: string): string => {
  let [from, to] = [0, text.length]
  while (from < to && SPACE.test(text[from] ?? '')) from += 1
  while (to > from && SPACE.test(text[to - 1] ?? '')) to -= 1
  return text.slice(from, to)
}

/** Reads one line; `undefined` for a comment, an empty line and whatever sshd(8) would not take for a key either. */
export const parseKey = (line: string): PublicKey | undefined => {
  const whole = trimmed(line)
  if (whole.startsWith('#')) return undefined
  const [first, others] = word(whole)
  const [options, type, rest] = TYPE.test(first) ? [undefined, first, others] : [first, ...word(others)]
  const [spaced, comment] = word(rest)
  const body = spaced.replace(/[\v\f\r]/g, '')
  if (!TYPE.test(type) || !BODY.test(body)) return undefined
  const hash = createHash('sha256').update(Buffer.from(body, 'base64')).digest('base64').replace(/=+$/, '')
  return {
    fingerprint: `SHA256:${hash}`,
    body,
    rest: [options, type, comment].filter((part) => part !== undefined && part !== '').join(' '),
  }
}

/** A key is fields of four bytes of length and their content, the first its type (RFC 4253, 6.6): none may be cut off. */
const isWhole = (body: string, rest: string): boolean => {
  const bytes = Buffer.from(body, 'base64')
  const type = bytes.length < 4 ? '' : bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString()
  let at = 0
  while (at + 4 <= bytes.length) at += 4 + bytes.readUInt32BE(at)
  return at === bytes.length && rest.split(' ').includes(type)
}

/**
 * Reads a key that somebody is to be let in with.
 *
 * @throws TypeError where it is no public key, or not a whole one
 */
export const publicKey = (line: string): PublicKey => {
  const key = /[\r\n]/.test(line.trim()) ? undefined : parseKey(line)
  if (key === undefined || !isWhole(key.body, key.rest))
    throw new TypeError(`not a line of an authorized_keys file: ${JSON.stringify(line.slice(0, 40))}…`)
  return key
}
