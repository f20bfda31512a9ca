import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { handler, script, sh, task } from '../../lib/index.ts'
import { FakeHost, on, roleOf, run, thing } from './fake-host.ts'

const restart = handler({
  id: 'restart:web',
  title: 'restart web',
  run: sh`restart web`,
  want: thing('web').is({ on: true }),
})

describe('a dry run', () => {
  it('changes nothing and says what a run would do', async () => {
    const host = new FakeHost(['a'])
    const told = await run(host, [roleOf('r', [on('a'), on('b', { notifies: restart })])], { dryRun: true })
    expect(told.story).toEqual(['a on: ok', 'b on: would-change', 'restart web! would-change'])
    expect(host.requests).toEqual([['read a b']])
    expect(told.code).toBe(2)
    expect((await run(host, [roleOf('r', [on('a')])], { dryRun: true })).code).toBe(0)
  })

  it('names what an unknown task waits for', async () => {
    const host = new FakeHost()
    const told = await run(host, [roleOf('r', [on('a', { provides: [thing('b').unsettled] }), on('b')])], {
      dryRun: true,
    })
    expect(told.story).toEqual(['a on: would-change', 'b on: unknown'])
    expect(told.events).toContainEqual(
      expect.objectContaining({ status: 'unknown', message: 'known only after “a on”' }),
    )
    expect(told.code).toBe(2)
  })

  it('asks a script only while nothing before it is to be changed', async () => {
    const one = script({
      title: 'one-off',
      check: async ($) => (await $`read x`.text()).includes('true'),
      apply: ($) => $`on x`,
    })
    expect((await run(new FakeHost(), [roleOf('r', [one])], { dryRun: true })).story).toEqual(['one-off: would-change'])
    expect((await run(new FakeHost(['x']), [roleOf('r', [one])], { dryRun: true })).story).toEqual(['one-off: ok'])
    expect((await run(new FakeHost(), [roleOf('r', [on('a'), one])], { dryRun: true })).story).toEqual([
      'a on: would-change',
      'one-off: unknown',
    ])
  })

  it('fails where a run would, and skips what would not be reached', async () => {
    const host = new FakeHost()
    host.hidden.set('a', 'permission denied')
    const told = await run(host, [roleOf('r', [on('a'), on('b')]), roleOf('s', [on('c')])], { dryRun: true })
    expect(told.story).toEqual(['a on: failed', 'b on: skipped', 'c on: skipped'])
    expect(told.code).toBe(1)
  })

  it('refuses roles that do not fit together', async () => {
    await expect(run(new FakeHost(), [roleOf('r', [on('a'), on('a')])], { dryRun: true })).rejects.toThrow(
      'r: “a on” stands twice',
    )
    const owner = (title: string) =>
      task({ title, owns: [{ path: '/x' }], want: thing(title).is({ on: true }), apply: () => sh`on x` })
    await expect(run(new FakeHost(), [roleOf('r', [owner('p'), owner('q')])])).rejects.toThrow(
      '/x is written by r: “p” and by r: “q”',
    )
  })

  it('foretells exactly what a run then does, whatever is there and whatever things bring with them', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const subset = fc.subarray(names)
    const effects = fc.dictionary(fc.constantFrom(...names), subset, { maxKeys: 4 })
    await fc.assert(
      fc.asyncProperty(subset, effects, subset, async (present, brings, handled) => {
        const tasks = names.map((name) =>
          on(name, {
            provides: (brings[name] ?? []).map((other) => thing(other).is({ on: true })),
            ...(handled.includes(name) && { notifies: restart }),
          }),
        )
        const host = new FakeHost([...present, 'web'])
        for (const [name, others] of Object.entries(brings))
          host.effects.set(name, () => others.forEach((other) => host.on.add(other)))
        const roles = [roleOf('one', tasks.slice(0, 3)), roleOf('two', tasks.slice(3))]
        const foretold = await run(host, roles, { dryRun: true })
        const done = await run(host, roles)
        expect(done.story).toEqual(foretold.story.map((line) => line.replace('would-change', 'changed')))
        const trips = host.trips
        expect((await run(host, roles)).story.every((line) => line.endsWith(': ok'))).toBe(true)
        expect(host.trips - trips).toBe(1)
      }),
      { numRuns: 60 },
    )
  })
})
