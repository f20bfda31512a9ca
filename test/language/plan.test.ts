import { describe, expect, it } from 'vitest'
import { check, derive, family, type Fact, probe, sh, type State, task } from '../../lib/index.ts'
import { judge, type Reading, type View } from '../../lib/language/judge.ts'
import { plan } from '../../lib/language/plan.ts'

const thing = family<State>({ name: 'thing', read: () => sh`true`, parse: () => new Map() })
const listing = probe<State>({ id: 'listing', read: sh`true`, parse: () => ({}) })

const facts = (known: Record<string, State | string>): View => ({
  get: ({ id }): Reading | undefined => {
    const found = known[id]
    return found === undefined ? undefined : typeof found === 'string' ? { error: found } : { state: found }
  },
})

const make = (title: string, want: Fact, provides: Parameters<typeof task>[0]['provides'] = []) =>
  task({ title, want, provides, apply: ({ keys }) => sh`make ${keys}` })

describe('judge', () => {
  const cases: [string, Fact, State, string][] = [
    ['as wanted', thing('a').is({ on: true }), { on: true, other: 1 }, 'ok'],
    ['another value', thing('a').is({ on: true }), { on: false }, 'on: false → true'],
    ['absent is null', thing('a').is({ on: null }), {}, 'ok'],
    ['missing', thing('a').is({ on: true }), {}, 'on: null → true'],
    ['others are left alone', listing.is({ a: 1 }), { a: 1, b: 2 }, 'ok'],
    ['nothing else', listing.exactly({ a: 1 }), { a: 1, b: 2 }, 'b: 2 → null'],
    ['nothing at all', listing.exactly({}), {}, 'ok'],
  ]
  it.each(cases)('%s', (_, want, now, expected) => {
    const step = judge(make('t', want), facts({ [want.probe.id]: now }))
    const shown =
      step.kind === 'drift'
        ? step.drift.changes.map(({ key, from, to }) => `${key}: ${from} → ${to}`).join()
        : step.kind
    expect(shown).toBe(expected)
  })

  it('asks for what it has not seen and fails on what could not be looked at', () => {
    const t = make('t', thing('a').is({ on: true }))
    expect(judge(t, facts({}))).toMatchObject({ kind: 'unread' })
    expect(judge(t, facts({ 'thing:a': 'permission denied' }))).toEqual({
      kind: 'failed',
      message: 'permission denied',
    })
  })

  it('lets a check warn or fail', () => {
    const at = (level: 'warn' | 'fail') =>
      check({ title: 'memory', want: thing('m').is({ enough: true }), level, say: ({ now }) => `only ${now['mb']} MB` })
    const view = facts({ 'thing:m': { enough: false, mb: 512 } })
    expect(judge(at('warn'), view)).toEqual({ kind: 'ok', warning: 'only 512 MB' })
    expect(judge(at('fail'), view)).toEqual({ kind: 'failed', message: 'only 512 MB' })
  })

  it('holds a derived task to the title that was announced', () => {
    const derived = derive({
      title: 'site',
      from: thing('v'),
      reads: [thing('f')],
      make: ({ version }) => make(`site ${version}`, thing('f').is({ on: true })),
    })
    expect(judge(derived, facts({ 'thing:v': { version: 1 } }))).toMatchObject({ kind: 'failed' })
  })
})

describe('plan', () => {
  const kinds = (tasks: Parameters<typeof plan>[0], known: Record<string, State | string>) =>
    plan(tasks, facts(known)).map((step) => (step.kind === 'unknown' ? `after ${step.waitsFor}` : step.kind))

  it('judges later tasks on what earlier ones will have done', () => {
    const install = make('install', listing.is({ nginx: 'installed' }), ({ keys }) =>
      keys.includes('nginx') ? [thing('nginx').is({ on: true })] : [],
    )
    const start = make('start', thing('nginx').is({ on: true }))
    expect(kinds([install, start], { listing: {}, 'thing:nginx': { on: false } })).toEqual(['drift', 'ok'])
    expect(kinds([install, start], { listing: { nginx: 'installed' }, 'thing:nginx': { on: false } })).toEqual([
      'ok',
      'drift',
    ])
  })

  it('merges predictions: two tasks on one listing', () => {
    const one = make('one', listing.is({ a: 1 }))
    const two = make('two', listing.exactly({ a: 1, b: 2 }))
    const again = make('again', listing.exactly({ a: 1, b: 2 }))
    expect(kinds([one, two, again], { listing: { c: 3 } })).toEqual(['drift', 'drift', 'ok'])
  })

  it('says what an unsettled thing waits for, and what hangs on it', () => {
    const install = make('install', listing.is({ x: 'installed' }), [thing('x').unsettled])
    const derived = derive({
      title: 'config',
      from: thing('x'),
      reads: [thing('config')],
      make: () => make('config', thing('config').is({ on: true })),
    })
    const after = make('after', thing('config').is({ on: true }))
    expect(kinds([install, derived, after], { listing: {}, 'thing:x': {}, 'thing:config': { on: false } })).toEqual([
      'drift',
      'after install',
      'after install',
    ])
  })

  it('does not give up on what could not be read while something before it is still to be changed', () => {
    const start = make('start docker', thing('docker').is({ on: true }))
    const containers = make('containers', thing('containers').is({ web: true }))
    const broken = { 'thing:containers': 'the daemon is stopped' }
    expect(kinds([start, containers], { 'thing:docker': { on: false }, ...broken })).toEqual([
      'drift',
      'after start docker',
    ])
    expect(kinds([start, containers], { 'thing:docker': { on: true }, ...broken })).toEqual(['ok', 'failed'])
  })

  it('answers the same for the same facts and leaves them alone', () => {
    const tasks = [make('one', listing.is({ a: 1 }))]
    const view = facts({ listing: Object.freeze({}) })
    expect(plan(tasks, view)).toEqual(plan(tasks, view))
  })
})
