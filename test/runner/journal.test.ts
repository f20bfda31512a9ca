import { describe, expect, it } from 'vitest'
import { handler, Secret, script, sh, stdin, task } from '../../lib/index.ts'
import type { RunInfo } from '../../lib/runner/journal/journal.ts'
import { parseRun, parseRuns, type RememberedRun } from '../../lib/runner/journal/read.ts'
import { lacking, others, restorations } from '../../lib/runner/journal/restore.ts'
import { FakeHost, on, roleOf, run, thing } from './fake-host.ts'

const info: RunInfo = { id: 'R1', when: '2026-11-24T07:30:00.000Z', who: 'me@here', version: '0', roles: ['r'] }
const password = new Secret('pw', 'sesame-open-this')
const greet = handler({ id: 'greet', title: 'greet', run: sh`greet` })
const whisper = handler({ id: 'whisper', title: 'whisper', run: sh`whisper ${stdin(password)}` })

/** The lines of JSON that a host was sent, in order. */
const lines = (host: FakeHost): unknown[] =>
  [...host.blobs, ...(host.last?.blobs ?? [])].flatMap(({ bytes }) =>
    bytes
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): unknown => JSON.parse(line)),
  )

describe('the journal of a run', () => {
  it('costs a run that changes nothing neither a trip nor a word', async () => {
    const host = new FakeHost(['a'])
    await run(host, [roleOf('r', [on('a')])], { info })
    expect(host.requests).toEqual([['read a']])
    expect(host.last).toBeUndefined()
  })

  it('is not written by a dry run, nor by one that fails before it has changed anything', async () => {
    const host = new FakeHost()
    await run(host, [roleOf('r', [on('a')])], { info, dryRun: true })
    host.hidden.set('a', 'no')
    await run(host, [roleOf('r', [on('a')])], { info })
    expect(host.blobs).toEqual([])
    expect(host.last).toBeUndefined()
  })

  it('rides along with the changes, and its end with the connection’s', async () => {
    const host = new FakeHost()
    const tasks = [on('a', { notifies: greet, owns: [{ path: '/etc/a' }] }), on('b', { notifies: whisper })]
    const told = await run(host, [roleOf('r', tasks)], { info })
    expect(told.story).toEqual(['a on: changed', 'b on: changed', 'greet! changed', 'whisper! changed'])
    expect(host.trips).toBe(5)
    expect(host.requests[1]?.[0]).toMatch(
      /^tu_change R1 1 \/etc\/a .* \|\| exit\n\(\non a\n\)\ntu_code=\$\?\ntu_changed R1 1\n/,
    )
    expect(lines(host)).toEqual([
      { event: 'run', ...info, host: 'web1', from: '10.0.0.1' },
      {
        event: 'begin',
        change: 1,
        role: 'r',
        task: 'a on',
        handlers: [{ id: 'greet', title: 'greet', script: 'greet' }],
      },
      expect.objectContaining({ event: 'task', task: 'a on', status: 'changed' }),
      {
        event: 'begin',
        change: 2,
        role: 'r',
        task: 'b on',
        handlers: [{ id: 'whisper', title: 'whisper', script: null }],
      },
      expect.objectContaining({ event: 'task', task: 'b on', status: 'changed' }),
      expect.objectContaining({ event: 'handler', task: 'greet', status: 'changed' }),
      expect.objectContaining({ event: 'handler', task: 'whisper', status: 'changed' }),
      expect.objectContaining({ event: 'end', outcome: 'applied', changed: 2, failed: 0 }),
    ])
    expect(String(host.last)).toMatch(/^tu_note R1 /)
  })

  it('is sent again where the connection was lost on the way', async () => {
    const host = new FakeHost()
    host.losing.set('on a', 'before')
    await run(host, [roleOf('r', [on('a')])], { info })
    expect(lines(host)).toContainEqual(expect.objectContaining({ event: 'begin', change: 2, task: 'a on' }))
    expect(lines(host).filter((line) => (line as { event: string }).event === 'run')).not.toEqual([])
  })

  it('tells of a failure, and of no secret and no plain hash', async () => {
    const host = new FakeHost()
    host.broken.set('on b', 'it is sesame-open-this')
    const hash = task({
      title: 'a on',
      want: thing('a').is({ on: 'f'.repeat(64) }),
      apply: () => sh`on a`,
    })
    await run(host, [roleOf('r', [hash])], { info })
    await run(host, [roleOf('r', [on('b')])], { info })
    const text = JSON.stringify(lines(host))
    expect(text).toContain('it is ‹secret pw›')
    expect(text).toContain('"outcome":"failed"')
    expect(text).not.toMatch(/sesame|[0-9a-f]{40}/)
  })

  it('keeps what scripts replace, too', async () => {
    const host = new FakeHost()
    const one = script({
      title: 'one-off',
      check: async ($) => (await $`read x`.text()).includes('true'),
      apply: ($) => $`on x`,
    })
    await run(host, [roleOf('r', [one])], { info })
    expect(host.requests.flat().filter((text) => text.startsWith('tu_change R1 1'))).toHaveLength(1)
    expect(String(host.last)).toContain('tu_changed R1 1')
  })
})

const state = (...fields: string[]): string => fields.map((field) => `${field}\0`).join('')
const begin = (change: number, role: string, name: string) =>
  JSON.stringify({
    event: 'begin',
    change,
    role,
    task: name,
    handlers: [{ id: `h${change}`, title: 'h', script: 'h' }],
  })
const told = (role: string, name: string) =>
  JSON.stringify({ event: 'task', role, task: name, status: 'changed', changes: [], ms: 1 })
const head = JSON.stringify({ event: 'run', ...info, host: 'web1', from: null })

const remembered = (): RememberedRun => {
  const journal = [
    head,
    head,
    begin(1, 'r', 'a'),
    told('r', 'a'),
    begin(2, 'r', 'b'),
    told('r', 'b'),
    begin(3, 'r', 'c'),
    'cut o',
  ]
  const file = (path: string, digest: string) => state(path, 'file', '0644', '0:0', digest)
  const output = [
    `${journal.join('\n')}\0`,
    state('1', 'before', '12') + file('/x', 'one') + state('1/0') + state('/d', 'absent', '', '', '', '-'),
    state('1', 'after', '10') + file('/x', 'two') + state('/d', 'directory', '0755', '0:0', ''),
    state('2', 'before', '12') + file('/x', 'two') + state('0') + file('/same', 's') + state('1'),
    state('2', 'after', '10') + file('/x', 'three') + file('/same', 's'),
    state('3', 'before', '6', '/big', 'file', '0644', '0:0', '9@9', 'no'),
    state('3', 'after', '0'),
  ]
  const found = parseRun(Buffer.from(output.join('').replace('1/0\0', '0\0')))
  if (found === undefined) throw new Error('not read')
  return found
}

describe('what undoing a run puts back', () => {
  it('is each path once, as the run found it, newest first', () => {
    const list = restorations(remembered())
    expect(list.map(({ path }) => path)).toEqual(['/big', '/x', '/d'])
    expect(list[1]).toMatchObject({ before: { content: 'one' }, after: { content: 'three' }, kept: '1/0' })
    expect(list[1]?.handlers.map(({ id }) => id)).toEqual(['h1', 'h2'])
    expect(list[2]).toMatchObject({ before: { type: 'absent' }, after: { type: 'directory' }, kept: undefined })
  })

  it('lacks what was too large, and does not know how a change ended that was cut off', () => {
    const [big, x] = restorations(remembered())
    expect(big).toMatchObject({ kept: 'no', after: undefined })
    expect([big, x].map((one) => one && lacking(one))).toEqual(['/big was too large to be kept', undefined])
  })

  it('leaves out what is more than files', () => {
    const [first, second, third] = remembered().changes
    if (!first || !second || !third) throw new Error('not read')
    expect(others({ ...remembered(), changes: [first, { ...second, paths: [] }, third] })).toEqual(['r “b”'])
  })

  it('is told in one line for each run, whatever else lies there', () => {
    const end = JSON.stringify({ event: 'end', outcome: 'applied', changed: 2, failed: 0, ms: 5 })
    const runs = parseRuns(
      Buffer.from(state('R1', head, end, '2', 'R2', head, begin(1, 'r', 'a'), '1', 'R3', 'no JSON', '', '0')),
    )
    expect(runs.map(({ end: last, begun }) => [last?.outcome, begun])).toEqual([
      ['applied', 2],
      [undefined, 1],
    ])
    expect(parseRun(Buffer.alloc(0))).toBeUndefined()
  })
})
