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

const LINE =
  /^\s*(?:((?:[^\s"]|"(?:[^"\\]|\\.)*")+)\s+)?((?:sk-)?(?:ssh|ecdsa)-[A-Za-z0-9@.-]+)\s+(AAAA[A-Za-z0-9+/]+={0,2})(?:\s+(.*?))?\s*$/

/** Reads one line; `undefined` for a comment, an empty line and whatever sshd(8) would not take for a key either. */
export const parseKey = (line: string): PublicKey | undefined => {
  const [, options, type = '', body, comment] = (/^\s*#/.test(line) ? null : LINE.exec(line)) ?? []
  if (body === undefined) return undefined
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
