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

/** Every spelling in which a secret could turn up: plain, per line, JSON, URL and hex. */
const spellings = (value: string): string[] => [
  value,
  ...(value.trim() === '' ? [] : [value.trim()]),
  ...(value.includes('\n') ? value.split('\n').filter((line) => line.trim().length >= 8) : []),
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  encodeURIComponent(value).replaceAll("'", '%27').replaceAll('%20', '+'),
  value.replaceAll("'", "'\\''"),
  Buffer.from(value).toString('hex'),
  Buffer.from(value).toString('hex').toUpperCase(),
]

/** Where programs break lines of base64: a longer text may hold line ends anywhere. */
const WRAP = 60

/** A base64 spelling as a pattern: where it is long, line ends may stand in it. */
const wrapped = (spelling: string): RegExp =>
  new RegExp([...spelling].map((char) => char.replace('+', '\\+')).join('(?:\\r?\\n\\s*)?'), 'g')

/** What to look for: a text, or for long base64 also one with line ends in it; and the name that is put in its place. */
interface Look {
  readonly text: string
  readonly wraps: boolean
  readonly name: string
}

/** Made when something looks like it: of a long key that costs more than all else that a run does. */
const patterns = new Map<string, RegExp>()

const patternOf = (spelling: string): RegExp => {
  const pattern = patterns.get(spelling) ?? wrapped(spelling)
  patterns.set(spelling, pattern)
  return pattern
}

let cache: { size: number; looks: Look[] } = { size: 0, looks: [] }

const looks = (): Look[] => {
  const secrets = knownSecrets()
  if (cache.size !== secrets.length) {
    const all = secrets.flatMap(([value, name]) => [
      ...[...new Set(spellings(value))].map((text): Look => ({ text, name, wraps: false })),
      ...[...new Set([value, value.trim()].flatMap(base64Alignments))].map(
        (text): Look => ({ text, name, wraps: text.length > WRAP }),
      ),
    ])
    cache = { size: secrets.length, looks: all.sort((a, b) => b.text.length - a.text.length) }
  }
  return cache.looks
}

/** Replaces every known secret in a text, in any of its usual spellings, by its name. */
export const mask = (text: string): string => {
  let masked = text
  for (const { text: spelling, wraps, name } of looks()) {
    if (masked.includes(spelling)) masked = masked.replaceAll(spelling, () => `‹secret ${name}›`)
    else if (wraps && masked.includes(spelling.slice(0, 8)))
      masked = masked.replace(patternOf(spelling), () => `‹secret ${name}›`)
  }
  return masked
}
