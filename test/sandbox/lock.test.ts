import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { locked } from './lock.ts'

it('lets one at a time through, also after a failure', async () => {
  const name = `test-${process.pid}`
  const log: string[] = []
  const work = (label: string, fail = false) =>
    locked(name, async () => {
      log.push(`${label} begins`)
      await sleep(20)
      log.push(`${label} ends`)
      if (fail) throw new Error(label)
    })
  const [first] = await Promise.allSettled([work('a', true), work('b'), work('c')])
  expect(first?.status).toBe('rejected')
  expect(log).toHaveLength(6)
  for (let index = 0; index < 6; index += 2) expect(log[index + 1]).toBe(log[index]?.replace('begins', 'ends'))
})
