import fc from 'fast-check'
import { expect, it } from 'vitest'
import { median, quartiles } from '../../bench/statistics.ts'

it.each<[readonly number[], number]>([
  [[3], 3],
  [[9, 1], 5],
  [[10, 9, 2], 9],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle)
})

it('has as many below it as above it, and lies between the quartiles', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), (values) => {
      const middle = median(values)
      const below = values.filter((value) => value < middle).length
      const above = values.filter((value) => value > middle).length
      expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2)
      const [low, high] = quartiles(values)
      expect(low).toBeLessThanOrEqual(middle)
      expect(high).toBeGreaterThanOrEqual(middle)
    }),
  )
})

it('is not made up of nothing', () => {
  expect(() => median([])).toThrow(RangeError)
})
