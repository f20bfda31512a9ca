import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Turns } from '../../lib/session/turns.ts'

test('what goes together begins in order and overlaps; what goes alone has nothing beside it', async () => {
  const kinds = fc.array(fc.constantFrom('together', 'alone', 'fails'), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(kinds, async (list) => {
      const turns = new Turns()
      const begun: number[] = []
      const under = new Set<number>()
      const works = list.map((kind, index) => {
        const work = async () => {
          begun.push(index)
          under.add(index)
          if (kind !== 'together') expect([...under]).toEqual([index])
          else expect([...under].every((other) => list[other] === 'together')).toBe(true)
          await sleep(index % 3)
          under.delete(index)
          if (kind === 'fails') throw new Error(`${index}`)
          return index
        }
        return kind === 'together' ? turns.together(work) : turns.alone(work)
      })
      const ends = await Promise.allSettled(works)
      expect(begun).toEqual(list.map((_, index) => index))
      expect(ends.map(({ status }) => status === 'rejected')).toEqual(list.map((kind) => kind === 'fails'))
    }),
    { numRuns: 50 },
  )
})

test('what goes together does not wait for each other', async () => {
  const turns = new Turns()
  const never = turns.together(() => new Promise(() => {}))
  expect(await turns.together(() => Promise.resolve('by'))).toBe('by')
  expect(never).toBeInstanceOf(Promise)
})
