import { describe, expect, test } from 'vitest'
import { hint, nearest } from '../../inventory/suggest.ts'

const known = ['port', 'user', 'identityFile', 'connectTimeout', 'compose-stack', 'ufw']

describe('the nearest name', () => {
  test.each([
    ['prot', 'port'],
    ['Port', 'port'],
    ['usr', 'user'],
    ['identity_file', 'identityFile'],
    ['composestack', 'compose-stack'],
    ['conectTimeuot', 'connectTimeout'],
    ['uwf', 'ufw'],
    ['nginx', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('to %s is %s', (typed, expected) => expect(nearest(typed, known)).toBe(expected))
})

test('a hint names what is allowed, but not hundreds of it', () => {
  expect(hint('prot', ['port'])).toBe('did you mean "port"? (allowed: port)')
  expect(hint('x', [])).toBe('allowed: none')
  expect(
    hint(
      'x',
      Array.from({ length: 500 }, (_, i) => `web${i}`),
    ),
  ).toMatch(/web39, and 460 more$/)
})
