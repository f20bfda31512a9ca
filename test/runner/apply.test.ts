import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { derive, handler, script, sh } from '../../lib/index.ts'
import { LockedError } from '../../lib/session/session.ts'
import { FakeHost, on, put, roleOf, run, thing } from './fake-host.ts'

const restart = handler({
  id: 'restart:web',
  title: 'restart web',
  run: sh`restart web`,
  want: thing('web').is({ on: true }),
})

// Pauses between tries pass at once.
beforeEach(() => {
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((call: () => void) => setImmediate(call)) as never)
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('a run', () => {
  it('costs one round trip when everything is as wanted', async () => {
    const host = new FakeHost(['a', 'b', 'c'])
    const told = await run(host, [roleOf('one', [on('a'), on('b')]), roleOf('two', [on('c')])])
    expect(told.story).toEqual(['a on: ok', 'b on: ok', 'c on: ok'])
    expect(host.requests).toEqual([['read a b c']])
    expect(told.code).toBe(0)
  })

  it('costs one more for each drifted task, and reads the way to the next one in it', async () => {
    const host = new FakeHost(['a', 'c', 'e'])
    const told = await run(host, [
      roleOf(
        'r',
        ['a', 'b', 'c', 'd', 'e'].map((name) => on(name)),
      ),
    ])
    expect(told.story).toEqual(['a on: ok', 'b on: changed', 'c on: ok', 'd on: changed', 'e on: ok'])
    expect(host.requests).toEqual([['read a b c d e'], ['on b', 'read b c d'], ['on d', 'read d e']])
  })

  it('acts on what it sees, not on what it foretold', async () => {
    const host = new FakeHost()
    host.effects.set('a', () => host.on.add('b'))
    const told = await run(host, [roleOf('r', [on('a'), on('b'), on('c')])])
    expect(told.story).toEqual(['a on: changed', 'b on: ok', 'c on: changed'])
    expect(host.requests.map(([first]) => first)).toEqual(['read a b c', 'on a', 'read c', 'on c'])
  })

  it('remembers what a change brings with it until it has been looked at', async () => {
    const host = new FakeHost(['d'])
    host.effects.set('a', () => host.on.add('c'))
    const told = await run(host, [
      roleOf('r', [on('a', { provides: [thing('c').is({ on: true })] }), on('b'), on('c'), on('d')]),
    ])
    expect(told.story).toEqual(['a on: changed', 'b on: changed', 'c on: ok', 'd on: ok'])
    expect(host.requests).toEqual([['read a b c d'], ['on a', 'read a b'], ['on b', 'read b c d']])
  })

  it('notices what an earlier task broke', async () => {
    const host = new FakeHost(['b'])
    host.effects.set('a', () => host.on.delete('b'))
    const told = await run(host, [roleOf('r', [on('a'), on('b')])])
    expect(told.story).toEqual(['a on: changed', 'b on: changed'])
  })

  it('says what was wanted and what is still there when an apply did not do its work', async () => {
    const host = new FakeHost()
    const told = await run(host, [
      roleOf('r', [on('a', { apply: () => sh`nothing` }), on('b')]),
      roleOf('s', [on('c')]),
    ])
    expect(told.story).toEqual(['a on: failed', 'b on: skipped', 'c on: skipped'])
    expect(told.events).toContainEqual(
      expect.objectContaining({ message: 'applied cleanly but on is still false, not true' }),
    )
    expect(told.code).toBe(1)
  })

  it('shows a failed command and what it said', async () => {
    const host = new FakeHost()
    host.broken.set('on a', 'disk full\nreally')
    const told = await run(host, [roleOf('r', [on('a')])])
    const { message = '' } = told.events.find((event) => event.event === 'task') ?? {}
    expect(message).toBe(
      'exit code 1\n  command: on a\n  it said: disk full\n    really\n  now: on is still false, not true',
    )
  })

  it('tries again where a task allows for it', async () => {
    const host = new FakeHost()
    host.broken.set('on a', 'mirror is down')
    vi.mocked(setTimeout).mockImplementationOnce(((call: () => void) =>
      setImmediate(() => (host.broken.clear(), call()))) as never)
    const told = await run(host, [roleOf('r', [on('a', { retries: 1 })])])
    expect(told.story).toEqual(['a on: changed'])
    expect(told.events.find((event) => event.event === 'warning')).toMatchObject({
      message: 'tried again, since exit code 1',
    })
  })

  it('is not stopped by something that cannot be looked at until that is its turn', async () => {
    const host = new FakeHost()
    host.hidden.set('containers', 'the daemon is stopped')
    host.effects.set('docker', () => host.hidden.delete('containers'))
    const told = await run(host, [roleOf('r', [on('docker'), on('containers')])])
    expect(told.story).toEqual(['docker on: changed', 'containers on: changed'])
    host.hidden.set('containers', 'the daemon is stopped')
    const again = await run(host, [roleOf('r', [on('docker'), on('containers')])])
    expect(again.story).toEqual(['docker on: ok', 'containers on: failed'])
    expect(again.events).toContainEqual(
      expect.objectContaining({ message: 'could not look at thing:containers: the daemon is stopped' }),
    )
  })

  it('reads what a derived task will look at in the first round trip', async () => {
    const host = new FakeHost(['version', 'config'])
    const derived = derive({
      title: 'config on',
      from: thing('version'),
      reads: [thing('config')],
      make: () => on('config') as never,
    })
    expect((await run(host, [roleOf('r', [derived])])).story).toEqual(['config on: ok'])
    expect(host.trips).toBe(1)
  })

  it('looks again at what a derived task is written from in the trip of its change', async () => {
    const host = new FakeHost(['version'])
    const derived = derive({
      title: 'config on',
      from: thing('version'),
      reads: [thing('config')],
      make: () => on('config') as never,
    })
    expect((await run(host, [roleOf('r', [derived])])).story).toEqual(['config on: changed'])
    expect(host.requests).toEqual([['read version config'], ['on config', 'read config version']])
  })

  it('runs scripts in their turn', async () => {
    const host = new FakeHost()
    const one = script({
      title: 'one-off',
      check: async ($) => (await $`read x`.text()).includes('true'),
      apply: ($) => $`on ${'x'}`,
    })
    expect((await run(host, [roleOf('r', [one])])).story).toEqual(['one-off: changed'])
    expect((await run(host, [roleOf('r', [one])])).story).toEqual(['one-off: ok'])
  })

  it('finishes the task in hand when it is interrupted, and its handlers, and says where it stopped', async () => {
    const host = new FakeHost(['web'])
    const stop = new AbortController()
    host.effects.set('a', () => stop.abort())
    const told = await run(host, [roleOf('r', [on('a', { notifies: restart }), on('b')])], { signal: stop.signal })
    expect(told.story).toEqual(['a on: changed', 'restart web! changed'])
    expect(told.code).toBe(130)
    expect(told.events).toContainEqual(
      expect.objectContaining({ message: 'interrupted before “b on” of r; run again to go on from there' }),
    )
  })
})

describe('handlers', () => {
  it('run once at the end of the role that asked, verified in the same trip', async () => {
    const host = new FakeHost(['web', 'later'])
    const told = await run(host, [
      roleOf('r', [on('a', { notifies: restart }), on('b', { notifies: [restart] })]),
      roleOf('s', [on('later')]),
    ])
    expect(told.story).toEqual(['a on: changed', 'b on: changed', 'restart web! changed', 'later on: ok'])
    expect(host.requests.at(-1)).toEqual(['restart web', 'read web later'])
    expect(host.trips).toBe(1 + 2 + 1)
  })

  it('are not run for nothing', async () => {
    const host = new FakeHost(['a', 'web'])
    expect((await run(host, [roleOf('r', [on('a', { notifies: restart })])])).story).toEqual(['a on: ok'])
    host.broken.set('on b', 'refused')
    expect((await run(host, [roleOf('r', [on('b', { notifies: restart })])])).story).toEqual(['b on: failed'])
  })

  it('run also when a later task of the role fails', async () => {
    const host = new FakeHost(['web'])
    host.broken.set('on b', 'refused')
    const told = await run(host, [roleOf('r', [on('a', { notifies: restart }), on('b')])])
    expect(told.story).toEqual(['a on: changed', 'b on: failed', 'restart web! changed'])
    expect(told.code).toBe(1)
  })

  it('fail when what they promise does not hold', async () => {
    const host = new FakeHost()
    const told = await run(host, [roleOf('r', [on('a', { notifies: restart })]), roleOf('s', [on('b')])])
    expect(told.story).toEqual(['a on: changed', 'restart web! failed', 'b on: skipped'])
    expect(told.code).toBe(1)
  })
})

describe('a lost connection', () => {
  it.each([
    'before',
    'after',
  ] as const)('%s the change: looks again, and repeats only what is still needed', async (when) => {
    const host = new FakeHost()
    host.losing.set('on a', when)
    const told = await run(host, [roleOf('r', [on('a'), on('b')])])
    expect(told.story).toEqual(['a on: changed', 'b on: changed'])
    const applied = host.requests.filter(([first]) => first === 'on a').length
    expect(applied).toBe(when === 'before' ? 2 : 1)
    expect(host.hellos).toBe(2)
  })

  it.each([
    ['before', 2],
    ['after', 1],
  ] as const)('%s one of several files: looks again, and each goes by itself from then on', async (when, times) => {
    const host = new FakeHost(['web'])
    host.losing.set('on b', when)
    const told = await run(host, [roleOf('r', [put('a'), put('b', { notifies: restart }), put('c')])])
    expect(told.story).toEqual(['a put: changed', 'b put: changed', 'c put: changed', 'restart web! changed'])
    const applied = host.requests.filter(([first]) => first?.includes('on b')).length
    expect(applied).toBe(times)
    expect(host.requests.filter(([first]) => first === 'on c')).toHaveLength(1)
    expect(host.owed.size).toBe(0)
  })

  it('while reading costs a new connection and the question again', async () => {
    const host = new FakeHost(['a'])
    host.losing.set('read a', 'before')
    expect((await run(host, [roleOf('r', [on('a')])])).story).toEqual(['a on: ok'])
  })
})

describe('a host that another run holds', () => {
  it.each([false, true])('is told of, with its own exit code (dry run: %s)', async (dryRun) => {
    const host = new FakeHost()
    host.refusal = new LockedError('web1: another run holds this host: nika@laptop')
    const told = await run(host, [roleOf('r', [on('a')])], { dryRun })
    expect(told.events).toContainEqual({
      event: 'host',
      host: 'web1',
      status: 'locked',
      exitCode: 4,
      message: 'web1: another run holds this host: nika@laptop',
    })
    expect({ code: told.code, requests: host.requests }).toEqual({ code: 4, requests: [] })
  })
})
