import fc from 'fast-check'
import { expect, it } from 'vitest'
import { atLeast, compare } from '../../tasks/deb-version.ts'

it.each([
  ['1.0', '1.0', 0],
  ['1.0', '1.0-0', 0],
  ['1.10', '1.9', 1],
  ['1.0~rc1', '1.0', -1],
  ['1.0~~', '1.0~', -1],
  ['1:0.1', '2.0', 1],
  ['28.3.3-1~debian.12~bookworm', '28.3.3-1~debian.13~trixie', -1],
  ['1.0a', '1.0+', -1],
  ['1.0-1', '1.0-1+b1', -1],
  ['2.36-9+deb12u10', '2.36-9+deb12u9', 1],
  ['007', '7', 0],
  ['99999999999999999999', '100000000000000000000', -1],
])('orders %s and %s', (a, b, order) => {
  expect(Math.sign(compare(a, b))).toBe(order)
  expect(Math.sign(compare(b, a))).toBe(order === 0 ? 0 : -order)
})

it('has a floor', () => {
  expect(atLeast('5:28.3.3-1', '5:28.3.3')).toBe(true)
  expect(atLeast('1.24.0-2ubuntu7', '1.25.1')).toBe(false)
  expect(atLeast(null, '0')).toBe(false)
})

it('is an order: the same backwards, and without rings', () => {
  const version = fc.stringMatching(/^[0-9][0-9a-c.+~]{0,8}(-[0-9a-c.+~]{1,4})?$/)
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(compare(a, b))).toBe(0 - Math.sign(compare(b, a)))
      const [x, y, z] = [a, b, c].sort(compare)
      expect(compare(x ?? '', z ?? '')).toBeLessThanOrEqual(0)
      expect(compare(y ?? '', z ?? '')).toBeLessThanOrEqual(0)
    }),
  )
})
