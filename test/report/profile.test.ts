import { expect, it } from 'vitest'
import { profileText } from '../../lib/report/profile.ts'

const trip = (ms: number, parts: Readonly<Record<string, number>>) => ({
  ms,
  out: 900,
  in: 3000,
  parts: Object.entries(parts).map(([name, part]) => ({ name, ms: part })),
})

it('tells where the time of a run went: the runner, each request, the slowest questions and what was done', () => {
  const web1 = {
    host: 'web1',
    connections: [181.6],
    trips: [trip(120, { path: 60.4, unit: 20 }), trip(30, { changes: 25, path: 2 })],
    tasks: [{ name: 'nginx: file /etc/x', ms: 31 }],
  }
  const phases = [
    { name: 'node', ms: 40 },
    { name: 'program and inventory', ms: 80.2 },
  ]
  expect(profileText({ phases, hosts: [web1] })).toEqual([
    'where the time went: node 40 ms, program and inventory 80 ms',
    'web1  connected in 182 ms; 2 requests, 150 ms',
    '  request 1  120 ms, 900 B out, 2.9 kB in',
    '  request 2  30 ms, 900 B out, 2.9 kB in',
    '  asked  path  62 ms',
    '  asked  changes  25 ms',
    '  asked  unit  20 ms',
    '  done  nginx: file /etc/x  31 ms',
  ])
})

it('names the slowest eight and sums up the others, and says what became of connections', () => {
  const parts = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`kind${index}`, index]))
  const lines = profileText({
    phases: [],
    hosts: [
      { host: 'a', connections: [1, 2], trips: [trip(45, parts)], tasks: [] },
      { host: 'b', connections: [], trips: [], tasks: [] },
    ],
  })
  expect(lines.filter((line) => line.startsWith('  asked'))).toHaveLength(9)
  expect(lines).toContain('  asked  2 more  1 ms')
  expect(lines).toContain('a  connected 2 times, in 1 ms, 2 ms; 1 request, 45 ms')
  expect(lines.at(-1)).toBe('b  connected 0 times, in no time; 0 requests, 0 ms')
})

it('shows what came from a host so that it steers no terminal', () => {
  const tasks = [{ name: 'notes: \u001b[2J', ms: 1 }]
  expect(profileText({ phases: [], hosts: [{ host: 'a', connections: [1], trips: [], tasks }] }).at(-1)).toBe(
    '  done  notes: \\x1b[2J  1 ms',
  )
})
