import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bounded } from '../../lib/session/bounded.ts'

const keep = (limit: number, chunks: readonly Uint8Array[]) => {
  const bounded = new Bounded(limit)
  for (const chunk of chunks) bounded.push(Buffer.from(chunk))
  return bounded
}

test('keeps everything up to its limit, and beyond it the head and the tail', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.array(fc.uint8Array({ maxLength: 50 })), (limit, chunks) => {
      const all = Buffer.concat(chunks)
      const bounded = keep(limit, chunks)
      const half = Math.floor(limit / 2)
      const ends = Buffer.concat([all.subarray(0, half), all.subarray(all.length - (limit - half))])
      expect(bounded.truncated).toBe(all.length > limit)
      expect(bounded.bytes()).toEqual(all.length > limit ? ends : all)
    }),
  )
})
