import { createHash } from 'node:crypto'
import { Secret } from './secret.ts'

/** Bytes on their way to a host. Prints as its size and hash; how it travels is the session's choice. */
export interface Blob {
  readonly kind: 'blob'
  readonly bytes: Buffer
  readonly sha256: string
  /** The name of the secret it holds, where it holds one. */
  readonly secret: string | undefined
}

export const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')

/** Wraps a text, bytes or a secret as content for a host. */
export const blob = (content: string | Buffer | Secret): Blob => {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content instanceof Secret ? content.reveal() : content)
  return { kind: 'blob', bytes, sha256: sha256(bytes), secret: content instanceof Secret ? content.name : undefined }
}

const size = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${Math.round(bytes / 1024)} kB`)

/** How a blob looks in a log: `‹12 kB sha256:ab12cd34…›`, or the secret's name. */
export const describeBlob = ({ bytes, sha256: hash, secret }: Blob): string =>
  secret === undefined
    ? `‹${size(bytes.length)} sha256:${hash.slice(0, 8)}…›`
    : `‹${size(bytes.length)} secret ${secret}›`
