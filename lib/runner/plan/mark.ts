import { createHmac } from 'node:crypto'
import { Secret } from '../../language/secret.ts'

/**
 * Tells whether two values are the same without saying what they are: an HMAC, so that not even a short secret can be
 * guessed from it by whoever does not have the key.
 */
export type Mark = (value: unknown) => string

/** @param key - stays with whoever makes plans and applies them */
export const marker =
  (key: Buffer): Mark =>
  (value) =>
    createHmac('sha256', key).update(canonical(value)).digest('hex').slice(0, 32)

/** The same text for the same value, in whatever order its keys are; for a mark only, since secrets stand in it. */
const canonical = (value: unknown): string => JSON.stringify(plain(value)) ?? 'undefined'

const plain = (value: unknown): unknown => {
  if (value instanceof Secret) return { secret: value.reveal() }
  if (Buffer.isBuffer(value)) return { bytes: value.toString('base64') }
  if (value instanceof Map) return { map: [...value].map(([key, inner]) => [plain(key), plain(inner)]) }
  if (value instanceof Set) return { set: [...value].map(plain) }
  if (value instanceof RegExp || typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]))
}
