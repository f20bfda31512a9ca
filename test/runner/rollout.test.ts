import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Amount, amountOf, Rollout, type RolloutOptions } from '../../lib/runner/rollout.ts'

const n = (count: number): Amount => ({ count, percent: false })
const share = (count: number): Amount => ({ count, percent: true })

interface Rolled {
  /** In the order in which they were begun. */
  readonly begun: string[]
  readonly said: Record<string, string>
  /** How many were under way at most, and whether hosts of two batches ever were. */
  most: number
}

/** Rolls over so many hosts, of which some fail; each takes a few turns of the loop. */
const roll = async (count: number, failing: readonly number[], options: RolloutOptions, forks = count) => {
  const hosts = Array.from({ length: count }, (_, index) => `h${index + 1}`)
  const rollout = new Rollout(hosts, options)
  const rolled: Rolled = { begun: [], said: {}, most: 0 }
  let [next, underWay] = [0, 0]
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const host = hosts[index] ?? ''
      const why = await rollout.begin(host)
      if (why !== undefined) {
        rolled.said[host] = why
        rollout.end(host, false)
        continue
      }
      rolled.begun.push(host)
      rolled.most = Math.max(rolled.most, (underWay += 1))
      for (let turn = 0; turn < 3 + (index % 3); turn += 1) await Promise.resolve()
      underWay -= 1
      rollout.end(host, failing.includes(index + 1))
    }
  }
  await Promise.all(Array.from({ length: forks }, worker))
  return rolled
}

const names = (...numbers: number[]) => numbers.map((number) => `h${number}`)

describe('an amount', () => {
  it.each([
    [n(3), 10, 3],
    [share(20), 10, 2],
    [share(25), 10, 2],
    [share(10), 3, 0],
    [share(100), 3, 3],
    [share(29), 100, 29],
  ])('%j of %s hosts is %s', (amount, hosts, expected) => {
    expect(amountOf(amount, hosts)).toBe(expected)
  })
})

describe('a rollout', () => {
  it('begins everything at once unless told otherwise', async () => {
    expect(await roll(4, [1, 2], {})).toEqual({ begun: names(1, 2, 3, 4), said: {}, most: 4 })
  })

  it('goes in batches, in order', async () => {
    expect(await roll(5, [], { serial: n(2), maxFail: n(0) })).toEqual({
      begun: names(1, 2, 3, 4, 5),
      said: {},
      most: 2,
    })
    expect((await roll(10, [], { serial: share(30) })).most).toBe(3)
  })

  it('has at least one host in a batch', async () => {
    expect(await roll(3, [], { serial: share(1) })).toMatchObject({ begun: names(1, 2, 3), most: 1 })
  })

  it('begins no batch after a failure, and finishes the one under way', async () => {
    const { begun, said } = await roll(6, [1], { serial: n(3), maxFail: n(0) }, 1)
    expect(begun).toEqual(names(1, 2, 3))
    const why = '1 of 6 hosts failed (h1), and --max-fail allows none'
    expect(said).toEqual({ h4: why, h5: why, h6: why })
  })

  it('begins no host after a failure, where there are no batches', async () => {
    const { begun, said } = await roll(5, [2], { maxFail: n(0) }, 1)
    expect(begun).toEqual(names(1, 2))
    expect(Object.keys(said)).toEqual(names(3, 4, 5))
  })

  it('allows so many failures, as a share of all hosts', async () => {
    expect((await roll(10, [1, 2], { serial: n(1), maxFail: share(20) })).begun).toHaveLength(10)
    const { begun, said } = await roll(10, [1, 2, 3], { serial: n(1), maxFail: share(29) })
    expect(begun).toEqual(names(1, 2, 3))
    expect(said['h10']).toBe('3 of 10 hosts failed (h1, h2, h3), and --max-fail allows 2')
    expect((await roll(10, [1, 2, 3, 4, 5], { serial: n(5), maxFail: n(4) }, 1)).said['h6']).toBe(
      '5 of 10 hosts failed (h1, h2, h3, …), and --max-fail allows 4',
    )
  })

  it('needs no failure to hold still: nobody waits for ever', async () => {
    const amounts = fc.record({ count: fc.integer({ min: 0, max: 12 }), percent: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 12 })),
        fc.record({ serial: amounts, maxFail: amounts }, { requiredKeys: [] }),
        fc.integer({ min: 1, max: 5 }),
        async (count, failing, options, forks) => {
          const { begun, said, most } = await roll(count, failing, options, forks)
          expect(begun.length + Object.keys(said).length).toBe(count)
          expect(most).toBeLessThanOrEqual(forks)
          expect(begun).toEqual(begun.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))))
          if (options.maxFail === undefined) expect(said).toEqual({})
        },
      ),
    )
  })
})
