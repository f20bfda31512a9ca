import { createHash } from 'node:crypto'

const ARMOR =
  /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n([A-Za-z0-9+/=\s]+?)(?:=[A-Za-z0-9+/]{4}\s+)?-----END/gm

/** Whether a key is written as text (RFC 9580, 6.2) and not as bytes. */
export const isArmored = (key: Buffer): boolean =>
  key.subarray(0, 64).toString('latin1').trimStart().startsWith('-----')

const dearmor = (key: Buffer): Buffer =>
  isArmored(key)
    ? Buffer.concat([...key.toString('latin1').matchAll(ARMOR)].map(([, body = '']) => Buffer.from(body, 'base64')))
    : key

/** A packet's kind and body (RFC 9580, 4.2), and where the next one begins. */
const packet = (bytes: Buffer, start: number): { tag: number; body: Buffer; end: number } => {
  const head = bytes[start] ?? 0
  if ((head & 0x80) === 0) throw new TypeError(`not an OpenPGP key: byte ${start} begins no packet`)
  const isNew = (head & 0x40) !== 0
  const { offset, length } = isNew ? newLength(bytes, start + 1) : oldLength(bytes, start + 1, head & 3)
  const end = start + 1 + offset + length
  if (end > bytes.length) throw new TypeError('not an OpenPGP key: it ends too soon')
  return { tag: isNew ? head & 0x3f : (head >> 2) & 0xf, body: bytes.subarray(end - length, end), end }
}

const number = (bytes: Buffer, start: number, size: number): number => {
  if (start + size > bytes.length) throw new TypeError('not an OpenPGP key: it ends too soon')
  return bytes.readUIntBE(start, size)
}

const newLength = (bytes: Buffer, start: number) => {
  const first = number(bytes, start, 1)
  if (first < 192) return { offset: 1, length: first }
  if (first < 224) return { offset: 2, length: ((first - 192) << 8) + number(bytes, start + 1, 1) + 192 }
  if (first === 255) return { offset: 5, length: number(bytes, start + 1, 4) }
  throw new TypeError('not an OpenPGP key: partial lengths are for data only')
}

const oldLength = (bytes: Buffer, start: number, kind: number) => {
  if (kind === 3) throw new TypeError('not an OpenPGP key: a packet without a length')
  return { offset: 2 ** kind, length: number(bytes, start, 2 ** kind) }
}

const PRIMARY_KEY = 6

/** RFC 9580, 5.5.4: version 4 keys are known by SHA-1 and a length of two bytes, version 6 ones by SHA-256 and four. */
const fingerprint = (body: Buffer): string => {
  const version = body[0]
  if (version !== 4 && version !== 6) throw new TypeError(`an OpenPGP key of version ${version}, not 4 or 6`)
  const head = Buffer.alloc(version === 4 ? 3 : 5, version === 4 ? 0x99 : 0x9b)
  head.writeUIntBE(body.length, 1, head.length - 1)
  return createHash(version === 4 ? 'sha1' : 'sha256')
    .update(head)
    .update(body)
    .digest('hex')
    .toUpperCase()
}

/**
 * The fingerprints of the primary keys in an OpenPGP key file, ASCII armored or not, in hexadecimal capitals as
 * `gpg --show-keys` prints them.
 *
 * @throws TypeError on what is no file of public keys
 */
export const fingerprints = (key: Buffer): string[] => {
  const bytes = dearmor(key)
  const found: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const { tag, body, end } = packet(bytes, at)
    if (tag === PRIMARY_KEY) found.push(fingerprint(body))
    at = end
  }
  if (found.length === 0) throw new TypeError('there is no public OpenPGP key in it')
  return found
}
