import { describe, expect, it } from 'vitest'
import { handler, type Role, script, Secret, sh } from '../../lib/index.ts'
import { judge } from '../../lib/language/judge.ts'
import { marker } from '../../lib/runner/plan/mark.ts'
import { type Planned, planned } from '../../lib/runner/plan/planned.ts'
import { file } from '../../tasks/file.ts'
import { FakeHost, on, roleOf, run, thing } from './fake-host.ts'

const mark = marker(Buffer.from('a key of this test'))
const greet = handler({ id: 'greet', title: 'greet', run: sh`greet` })

/** Makes a plan, and returns what applies it. */
const saved = async (host: FakeHost, roles: readonly Role[]) => {
  const steps: Planned[] = []
  await run(host, roles, { dryRun: true, keeping: { mark, record: (_, step) => steps.push(step) } })
  host.requests.length = 0
  return {
    steps,
    apply: (now: readonly Role[] = roles) => run(host, now, { keeping: { mark, saved: new Map([['web1', steps]]) } }),
  }
}
const stale = (told: Awaited<ReturnType<typeof run>>): string => {
  const event = told.events.find((one) => one.event === 'host')
  expect(event).toMatchObject({ status: 'stale', exitCode: 5 })
  expect(told.code).toBe(5)
  return event?.message ?? ''
}

describe('a saved plan', () => {
  it('is applied exactly, with the trips of any run', async () => {
    const host = new FakeHost(['a'])
    const { apply, steps } = await saved(host, [roleOf('r', [on('a'), on('b', { notifies: greet }), on('c')])])
    expect(steps.map(({ task, status }) => `${task}: ${status}`)).toEqual([
      'a on: ok',
      'b on: would-change',
      'c on: would-change',
    ])
    const told = await apply()
    expect(told.story).toEqual(['a on: ok', 'b on: changed', 'c on: changed', 'greet! changed'])
    expect(told.code).toBe(0)
    expect(host.requests.map(([first]) => first)).toEqual(['read a b c', 'on b', 'on c', 'greet'])
  })

  it.each<[string, (host: FakeHost) => unknown, string]>([
    ['undone', (host) => host.on.delete('a'), 'r “a on” was as wanted, and is not now; on: false → true'],
    ['done already', (host) => host.on.add('b'), 'r “b on” was to be changed, and is as wanted already'],
    ['out of sight', (host) => host.hidden.set('b', 'no answer'), 'r “b on” can be known only after “c on”'],
  ])('is refused before anything is changed where something was %s since', async (_, move, text) => {
    const host = new FakeHost(['a'])
    const { apply } = await saved(host, [roleOf('r', [on('c'), on('a'), on('b')])])
    move(host)
    const told = await apply()
    expect(stale(told)).toContain(`nothing was changed; since it was made, this has moved:\n  ${text}`)
    expect(host.requests).toHaveLength(1)
    expect(host.on.has('c')).toBe(false)
  })

  it('is refused where a role has changed since', async () => {
    const host = new FakeHost()
    const { apply } = await saved(host, [roleOf('r', [on('a'), on('b')])])
    const message = stale(await apply([roleOf('r', [on('a', { apply: () => sh`on a --hard` }), on('c')])]))
    expect(message).toContain('r “a on” would be done in another way')
    expect(message).toContain('r “b on” is no task any more')
    expect(message).toContain('r “c on” is a new task')
  })

  it('names some of very many things that have moved', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `t${index}`)
    const host = new FakeHost(names)
    const { apply } = await saved(host, [
      roleOf(
        'r',
        names.map((name) => on(name)),
      ),
    ])
    host.on.clear()
    const lines = stale(await apply()).split('\n')
    expect(lines).toHaveLength(13)
    expect(lines.at(-2)).toBe('  and 20 more')
  })

  it('is given up in the middle where something moves then, saying what was applied, and runs its handlers', async () => {
    const host = new FakeHost(['c'])
    const { apply } = await saved(host, [roleOf('r', [on('a', { notifies: greet }), on('b'), on('c'), on('d')])])
    host.effects.set('b', () => host.on.delete('c'))
    const told = await apply()
    expect(told.story).toEqual(['a on: changed', 'b on: changed', 'greet! changed'])
    expect(stale(told)).toBe(
      'the plan has become stale: r “c on” was as wanted, and is not now; on: false → true; it and what follows were left alone; applied before that: r “a on”, r “b on”',
    )
  })

  it('holds a script to what its check said', async () => {
    const host = new FakeHost(['x'])
    const one = script({
      title: 'one-off',
      check: async ($) => (await $`read x`.text()).includes('true'),
      apply: ($) => $`on x`,
    })
    const { apply } = await saved(host, [roleOf('r', [one])])
    expect((await apply()).code).toBe(0)
    host.on.delete('x')
    expect(stale(await apply())).toContain('r “one-off” was as wanted, and is not now')
  })

  it('lets what could not be known become anything', async () => {
    const roles = [roleOf('r', [on('a', { provides: [thing('b').unsettled] }), on('b')])]
    const { apply, steps } = await saved(new FakeHost(), roles)
    expect(steps[1]).toMatchObject({ status: 'unknown', waitsFor: 'a on' })
    expect((await apply()).story).toEqual(['a on: changed', 'b on: changed'])
  })

  it('holds no secret, and no plain hash of anything', () => {
    const secret = new Secret('pw', 'sesame-open-this')
    const absent = { type: null, mode: null, owner: null, group: null, target: null, sha256: null }
    const texts = [secret, 'sesame-open-this and more'].map((content) => {
      const task = file({ path: '/etc/x', content })
      const step = judge(task, { get: () => ({ state: absent }) })
      return JSON.stringify(planned({ role: 'r', task }, step, mark))
    })
    for (const text of texts) {
      expect(text).not.toContain('sesame')
      expect(text).not.toMatch(/[0-9a-f]{33}/)
      expect(text).toContain('"key":"sha256"')
    }
  })
})

describe('marks', () => {
  it('are the same for the same value in another order, and others with another key', () => {
    const value = { a: 1, b: [new Secret('x', 'y'), Buffer.from('z')], c: new Map([['k', /r/]]) }
    expect(mark({ c: value.c, b: value.b, a: 1 })).toBe(mark(value))
    expect(mark({ ...value, b: [new Secret('x', 'other'), Buffer.from('z')] })).not.toBe(mark(value))
    expect(marker(Buffer.from('another key'))(value)).not.toBe(mark(value))
  })
})
