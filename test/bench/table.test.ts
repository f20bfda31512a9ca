import { expect, it } from 'vitest'
import { chart } from '../../bench/chart.ts'
import { grouped, type Result, seconds, title } from '../../bench/results.ts'
import { table } from '../../bench/table.ts'

const result = (tool: string, times: readonly number[], more: Partial<Result> = {}): Result => ({
  work: 'converged',
  rtt: 0,
  hosts: 1,
  tool,
  times,
  ...more,
})

const RESULTS = [
  result('script', [400, 300, 350]),
  result('trueup', [700], { trips: 1 }),
  result('ansible', [44_000, 42_000]),
  result('trueup', [1400], { rtt: 200, trips: 1 }),
  result('trueup', [9000], { work: 'bootstrap', hosts: 10, trips: 52 }),
]

it('sets the tools side by side, with ours as the measure', () => {
  expect(table(RESULTS)).toBe(
    `|  | script | trueup | ansible |
| --- | ---: | ---: | ---: |
| converged | 0.35 s (0.50 ×) | 0.70 s, 1 trip | 43.0 s (61 ×) |
| converged, +200 ms | – | 1.40 s, 1 trip | – |
| bootstrap, 10 hosts | – | 9.00 s, 52 trips | – |
`,
  )
})

it('gives no ratio where ours did not take part', () => {
  expect(table([result('ansible', [44_000])])).toContain('| 44.0 s |')
})

it('keeps apart what is another kind of work', () => {
  expect(grouped(RESULTS).map((group) => group.length)).toEqual([3, 1, 1])
  expect(RESULTS.map(title).slice(2)).toEqual(['converged', 'converged, +200 ms', 'bootstrap, 10 hosts'])
  expect([443, 9_994, 12_345].map(seconds)).toEqual(['0.44 s', '9.99 s', '12.3 s'])
})

it('draws a bar for each, the longer the slower, and nothing that is no text', () => {
  const svg = chart({ when: 'now', machine: '2 × <CPU> & more', tools: {}, results: RESULTS })
  const widths = [...svg.matchAll(/<rect x="190" [^>]*width="(\d+)"/g)].map(([, width]) => Number(width))
  expect(widths).toHaveLength(RESULTS.length)
  expect(widths.indexOf(Math.max(...widths))).toBe(2)
  expect(widths.indexOf(Math.min(...widths))).toBe(0)
  expect(Math.min(...widths)).toBeGreaterThan(0)
  expect(svg).toContain('2 × &#60;CPU&#62; &#38; more')
})
