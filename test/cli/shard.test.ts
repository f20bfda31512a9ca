import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { shardOf } from '../../lib/cli/shard.ts'

const hosts = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 30 })
const counts = fc.integer({ min: 1, max: 12 })

const all = (names: readonly string[], count: number) =>
  Array.from({ length: count }, (_, index) => shardOf(names, { index: index + 1, count }))

it('deals hosts out in turn', () => {
  expect(all(['a', 'b', 'c', 'd', 'e'], 2)).toEqual([
    ['a', 'c', 'e'],
    ['b', 'd'],
  ])
  expect(all(['a'], 3)).toEqual([['a'], [], []])
})

it('gives every host to one shard, evenly, each in order', () => {
  fc.assert(
    fc.property(hosts, counts, (names, count) => {
      const shards = all(names, count)
      expect(shards.flat().toSorted()).toEqual(names.toSorted())
      const sizes = shards.map(({ length }) => length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      for (const shard of shards) expect(names.filter((name) => shard.includes(name))).toEqual(shard)
    }),
  )
})

it('moves no host when another is added at the end', () => {
  fc.assert(
    fc.property(hosts, counts, (names, count) => {
      const before = all(names, count)
      all([...names, 'the new one'], count).forEach((shard, index) =>
        expect(shard.filter((name) => name !== 'the new one')).toEqual(before[index]),
      )
    }),
  )
})
