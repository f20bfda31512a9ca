import { knownSecrets } from './secret.ts'

/**
 * The three ways in which bytes can stand inside a longer base64 text, depending on what precedes them.
 * The characters at either edge also hold bits of the neighbours, so they are left out.
 */
const base64Alignments = (value: string): string[] => {
  const bytes = Buffer.from(value)
  return [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const first = shift === 0 ? 0 : shift + 1
    const last = (bytes.length + shift) % 3 === 0 ? whole.length : whole.length - 1
    const inner = whole.slice(first, last)
    return inner.length >= 8 ? [inner, inner.replaceAll('+', '-').replaceAll('/', '_')] : []
  })
}

/** Every spelling in which a secret could turn up: plain, per line, JSON, URL, hex and base64. */
const spellings = (value: string): string[] => [
  value,
  ...(value.includes('\n') ? value.split('\n').filter((line) => line.trim().length >= 8) : []),
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  encodeURIComponent(value).replaceAll("'", '%27').replaceAll('%20', '+'),
  value.replaceAll("'", "'\\''"),
  Buffer.from(value).toString('hex'),
  ...base64Alignments(value),
]

let cache: { size: number; pairs: (readonly [string, string])[] } = { size: 0, pairs: [] }

const pairs = (): (readonly [string, string])[] => {
  const secrets = knownSecrets()
  if (cache.size !== secrets.length) {
    const all = secrets.flatMap(([value, name]) => [...new Set(spellings(value))].map((text) => [text, name] as const))
    cache = { size: secrets.length, pairs: all.sort(([a], [b]) => b.length - a.length) }
  }
  return cache.pairs
}

/** Replaces every known secret in a text, in any of its usual spellings, by its name. */
export const mask = (text: string): string => {
  let masked = text
  for (const [spelling, name] of pairs()) {
    if (masked.includes(spelling)) masked = masked.replaceAll(spelling, `‹secret ${name}›`)
  }
  return masked
}
