import { describe, expect, it } from 'vitest'
import type { Event } from '../../lib/events.ts'
import { merge } from '../../lib/report/merge.ts'
import { readReport } from '../../lib/report/read.ts'
import { worst } from '../../lib/runner/tally.ts'
import { eventful, run, summary, task } from './events.ts'

const part = (file: string, events: readonly Event[]) => ({ file, ...readReport(JSON.stringify(events)) })

/** A shard's report of one host. */
const shard = (host: string, name: string | undefined, exitCode = 0, dryRun = false): Event[] => [
  { ...run(dryRun, host), id: `run-${host}`, ...(name !== undefined && { shard: name }) } as Event,
  task(host, 'ufw', 'ufw enable', exitCode === 0 ? 'ok' : 'failed'),
  summary(exitCode, { [host]: { ok: 1 } }),
]

describe('reading a report', () => {
  it('reads what was written', () => {
    const { run: first, between, summary: last } = readReport(JSON.stringify(eventful))
    expect([first, ...between, last]).toEqual(eventful)
  })

  it.each([
    ['', /^it is not JSON: /],
    ['{"event":"run"}\n{"event":"task"}', /^it is not JSON: /],
    ['{"a":1}', 'it is not a report of --report json=FILE, a list of events'],
    ['[]', 'it does not begin with the event of a run'],
    [JSON.stringify(eventful.slice(1)), 'it does not begin with the event of a run'],
    [JSON.stringify(eventful.slice(0, -1)), 'it does not end with a summary: the run was not over'],
    [JSON.stringify([...eventful.slice(0, -1), ...eventful]), 'there is more than one run in it'],
    [JSON.stringify([{ event: 'nothing' }]), /^its event 1 is none that is known: event: /],
    [
      JSON.stringify([eventful[0], { ...eventful[2], status: 'fine' }]),
      /^its event 2 is none that is known: status: Invalid option/,
    ],
    [JSON.stringify([{ ...eventful[0], version: 1 }]), /^its event 1 is none that is known: version: Invalid input/],
  ])('%s is refused in one line', (text, message) => {
    expect(() => readReport(text)).toThrow(message)
    try {
      readReport(text)
    } catch (error) {
      expect(String(error)).not.toContain('\n')
    }
  })
})

describe('merging', () => {
  it('makes one run, with all events, all hosts and the worst exit code', () => {
    const [one, two] = [shard('web1', '1/2', 1), shard('web2', '2/2', 3)]
    const { events, missing } = merge([part('1.json', one), part('2.json', two)], worst)
    expect(missing).toEqual([])
    expect(events).toEqual([
      { ...run(false, 'web1', 'web2'), id: 'run-web1, run-web2' },
      one[1],
      two[1],
      summary(3, { web1: { ok: 1 }, web2: { ok: 1 } }),
    ])
  })

  it('makes a report that can be merged again', () => {
    const first = merge([part('a', shard('web1', undefined)), part('b', shard('web2', undefined))], worst)
    const again = merge([part('ab', first.events), part('c', shard('web3', undefined))], worst)
    expect(again.events.at(-1)).toEqual(summary(0, { web1: { ok: 1 }, web2: { ok: 1 }, web3: { ok: 1 } }))
  })

  it('says which shards are missing, and does not end well then', () => {
    const { events, missing } = merge([part('2', shard('b', '2/4')), part('3', shard('c', '3/4'))], worst)
    expect(missing).toEqual(['1/4', '4/4'])
    expect(events.at(-1)).toMatchObject({ exitCode: 1 })
  })

  it('refuses hosts that are in two of them, by name', () => {
    const twice = [part('1.json', shard('web1', '1/2')), part('2.json', shard('web1', '2/2'))]
    expect(() => merge(twice, worst)).toThrow('each host is to be in one report: web1 in both 1.json and 2.json')
  })

  it('refuses a run together with a dry run', () => {
    const mixed = [part('1.json', shard('web1', '1/2')), part('2.json', shard('web2', '2/2', 0, true))]
    expect(() => merge(mixed, worst)).toThrow('1.json is of a run of ufw, nginx, and 2.json of a dry run of ufw, nginx')
  })
})
