import { describe, expect, it } from 'vitest'
import { KINDS, moments, type Request } from './moments.ts'

const trace: readonly Request[] = [
  { n: 1, sort: 'read', ms: 300 },
  { n: 2, sort: 'change', ms: 100 },
  { n: 3, sort: 'guarded', ms: 50 },
  { n: 4, sort: 'guarded', ms: 500 },
  { n: 5, sort: 'change', ms: 2000 },
  { n: 6, sort: 'handler', ms: 80 },
]

describe('the moments at which runs are struck', () => {
  it('are spread evenly over their kinds, and the same for the same seed', () => {
    const chosen = moments(trace, 200, 1)
    for (const kind of KINDS) {
      const share = chosen.filter((moment) => moment.kind === kind).length
      expect(share).toBeGreaterThanOrEqual(33)
      expect(share).toBeLessThanOrEqual(34)
    }
    expect(moments(trace, 200, 1)).toEqual(chosen)
    expect(moments(trace, 200, 2)).not.toEqual(chosen)
  })

  it('are requests of the right sort, and within their time', () => {
    for (const { kind, n, phase, ms } of moments(trace, 200, 3)) {
      const { sort, ms: all } = trace[n - 1] ?? { sort: 'read', ms: 0 }
      expect(sort).not.toBe('read')
      if (kind === 'in a handler') expect(sort).toBe('handler')
      if (kind === 'with a guard armed') expect(sort).toBe('guarded')
      if (kind === 'during an apply') expect([sort, phase]).toEqual(['change', 'during'])
      expect(ms).toBeLessThanOrEqual(all * 0.9)
    }
  })

  it('say so where there is nothing of a kind', () => {
    expect(() => moments(trace.slice(0, 2), 6, 1)).toThrow('no moment in a handler in this run')
  })
})
