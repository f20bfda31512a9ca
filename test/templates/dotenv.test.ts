import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../lib/index.ts'
import { dotenv, dotenvValue } from '../../templates/dotenv.ts'

/** How Compose's parser reads one value (compose-go, dotenv): the subset that is written here. */
const read = (text: string): string => {
  if (text.startsWith("'")) return text.slice(1, -1)
  if (!text.startsWith('"')) return text
  const plain: Readonly<Record<string, string>> = { n: '\n', r: '\r' }
  return text.slice(1, -1).replaceAll(/\\(.)/gs, (_, one: string) => plain[one] ?? one)
}

describe('a file of variables', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['two words', "'two words'"],
    ['a$b', "'a$b'"],
    ['a#b', "'a#b'"],
    ["it's $5", '"it\'s \\$5"'],
    ['back\\slash', "'back\\slash'"],
    ['ends with \\', '"ends with \\\\"'],
    ['two\nlines', '"two\\nlines"'],
  ])('holds %j as %s', (value, text) => {
    expect(dotenvValue(value)).toBe(text)
  })

  it('holds any text on one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), (value) => {
        if (value.includes('\0')) return
        const text = dotenvValue(value)
        expect(text).not.toMatch(/[\n\r]/)
        expect(read(text)).toBe(value)
      }),
    )
  })

  it('is a secret once it holds one', () => {
    const file = dotenv({ A: 'b', C: new Secret('c', "it's") })
    expect(String(file)).toBe('‹secret c›')
    expect(file instanceof Secret && file.reveal()).toBe(
      '# Managed by trueup: changes made here are put back.\nA=b\nC="it\'s"\n',
    )
    expect(() => dotenv({ 'A B': 'c' })).toThrow('A B')
    expect(() => dotenv({ A: '\0' })).toThrow('NUL')
  })
})
