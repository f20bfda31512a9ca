import { describe, expect, it } from 'vitest'
import { type Claim, type Found, parseFound, take } from '../../lib/session/lock.ts'

const claim: Claim = { run: 'R1', mode: 'look' }

/** What is said to whoever looks at a host whose clock is off by so many seconds. */
const saidAt = async (off: number): Promise<readonly string[]> => {
  const said: string[] = []
  const found: Found = { ...parseFound('now=0\nlock=free\n'), now: Date.now() / 1000 + off }
  await take(
    'web1',
    claim,
    () => Promise.resolve(found),
    (message) => said.push(message),
  )
  return said
}

describe('a clock', () => {
  it.each([
    [86_400, 'its clock is 24 h ahead of this machine'],
    [-86_400, 'its clock is 24 h behind this machine'],
    [90, 'its clock is 90 s ahead of'],
    [-600, 'its clock is 10 min behind'],
  ])('that is %i s off is told of before anything is done (F18)', async (off, message) => {
    expect(await saidAt(off)).toEqual([expect.stringContaining(message)])
  })

  it.each([0, 50, -50])('that is %i s off is good enough', async (off) => {
    expect(await saidAt(off)).toEqual([])
  })
})
