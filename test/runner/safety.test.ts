import { describe, expect, it } from 'vitest'
import { handler, sh, task } from '../../lib/index.ts'
import { FakeHost, on, roleOf, run, thing } from './fake-host.ts'

const restart = handler({
  id: 'restart:web',
  title: 'restart web',
  run: sh`on web`,
  want: thing('web').is({ on: true }),
})
const undo = sh`undo`

/** As `tu_left` lists it. */
const owed = (id: string, title: string, key = id) =>
  `owed ${JSON.stringify({ id, title, role: 'old', want: { kind: 'thing', key, want: { on: true }, exactly: false } })}`

describe('a handler', () => {
  it('is written down before the change that asks for it, and struck off after its work', async () => {
    const host = new FakeHost()
    const seen: string[][] = []
    host.effects.set('a', () => seen.push([...host.owed]))
    const told = await run(host, [roleOf('r', [on('a', { notifies: restart }), on('b')])])
    expect(told.story).toEqual(['a on: changed', 'b on: changed', 'restart web! changed'])
    expect(seen).toEqual([['restart%3Aweb']])
    expect([...host.owed]).toEqual([])
    expect(host.trips).toBe(1 + 2 + 1)
  })

  it('stays written down when it fails, or does not do what it promises', async () => {
    const host = new FakeHost()
    host.broken.set('on web', 'no')
    await run(host, [roleOf('r', [on('a', { notifies: restart })])])
    expect([...host.owed]).toEqual(['restart%3Aweb'])
    const other = new FakeHost()
    await run(other, [roleOf('r', [on('a', { notifies: { ...restart, run: sh`nothing` } })])])
    expect([...other.owed]).toEqual(['restart%3Aweb'])
  })

  it('is struck off where nothing was changed after all', async () => {
    const host = new FakeHost()
    host.broken.set('on a', 'refused')
    await run(host, [roleOf('r', [on('a', { notifies: restart })])])
    expect([...host.owed]).toEqual([])
  })

  it('that an earlier run has left is run first, by a run of any role, in one trip with the reads', async () => {
    const host = new FakeHost(['b'])
    host.left = [owed('x', 'restart x')]
    host.effects.set('x', () => {})
    const told = await run(host, [roleOf('r', [on('b')])])
    // Its script lies on the host, which does not know it here: what it promised is looked at all the same.
    expect(host.requests[0]).toEqual(['tu_settle x', 'read x b'])
    expect(told.events).toContainEqual(
      expect.objectContaining({
        event: 'warning',
        role: 'old',
        message: expect.stringContaining('on is still false') as string,
      }),
    )
    expect(told.story).toEqual(['b on: ok', 'restart x! failed'])
    host.on.add('x')
    expect((await run(host, [roleOf('r', [on('b')])])).story).toEqual(['restart x! changed', 'b on: ok'])
  })

  it('that fails at first is run again at the end, when this run has mended what it needs', async () => {
    const host = new FakeHost()
    host.left = [owed('x', 'restart x')]
    host.effects.set('b', () => host.on.add('x'))
    const told = await run(host, [roleOf('r', [on('b')])])
    expect(told.story).toEqual(['b on: changed', 'restart x! changed'])
    expect(told.code).toBe(0)
  })

  it('that is left is foretold by a dry run, which runs nothing', async () => {
    const host = new FakeHost(['b'])
    host.left = [owed('x', 'restart x')]
    const told = await run(host, [roleOf('r', [on('b')])], { dryRun: true })
    expect(told.story).toEqual(['restart x! would-change', 'b on: ok'])
    expect({ code: told.code, requests: host.requests }).toEqual({ code: 2, requests: [['read b']] })
  })
})

describe('a change that could shut us out', () => {
  it('is proved by a new connection, which counts as one trip', async () => {
    const host = new FakeHost()
    const seen: string[][] = []
    host.effects.set('wall', () => seen.push([...host.armed]))
    const told = await run(host, [roleOf('r', [on('wall', { guard: undo }), on('b')])])
    expect(told.story).toEqual(['wall on: changed', 'b on: changed'])
    expect(seen).toEqual([['wall on']])
    expect(host.requests.map(([first]) => first)).toEqual(['read wall b', 'on wall', 'fresh', 'tu_proved', 'on b'])
    expect(host.armed).toEqual([])
  })

  it('has its handlers run before the proof, and shares it with its neighbours', async () => {
    const host = new FakeHost(['b'])
    const told = await run(host, [
      roleOf('r', [
        on('one', { guard: undo, notifies: restart }),
        on('b'),
        on('two', { guard: undo, notifies: restart }),
        on('c'),
      ]),
    ])
    expect(told.story).toEqual([
      'b on: ok',
      'restart web! changed',
      'one on: changed',
      'two on: changed',
      'c on: changed',
    ])
    expect(host.requests.map(([first]) => first).filter((first) => first === 'fresh')).toHaveLength(1)
  })

  it('fails where nobody gets in any more, is put back at once, and nothing else is begun', async () => {
    const host = new FakeHost()
    host.reachable = false
    const told = await run(host, [roleOf('r', [on('wall', { guard: undo }), on('b')])])
    expect(told.story).toEqual(['wall on: failed', 'b on: skipped'])
    expect(told.events).toContainEqual(
      expect.objectContaining({
        message: 'nobody could get in any more by a new connection (web1: connection refused); put back: “wall on”',
      }),
    )
    expect(told.code).toBe(1)
  })

  it('has none where its drift cannot shut us out', async () => {
    const host = new FakeHost()
    await run(host, [roleOf('r', [on('wall', { guard: () => undefined })])])
    expect(host.requests.flat()).not.toContain('fresh')
  })

  it('may be a change in several steps', async () => {
    const host = new FakeHost()
    const steps = task({
      title: 'steps',
      want: thing('wall').is({ on: true }),
      guard: undo,
      run: async ({ $ }) => void (await $`on wall`),
    })
    expect((await run(host, [roleOf('r', [steps])])).story).toEqual(['steps: changed'])
    expect(host.requests.map(([first]) => first)).toContain('fresh')
  })

  it('that an earlier run has left unproved is put back first', async () => {
    const host = new FakeHost(['b'])
    host.left = ['armed']
    host.armed.push('wall on')
    const told = await run(host, [roleOf('r', [on('b')])])
    expect(told.story).toEqual(['b on: ok'])
    expect(told.events).toContainEqual(
      expect.objectContaining({
        event: 'warning',
        message: expect.stringMatching(/cut off before.*put back: “wall on”/) as string,
      }),
    )
  })
})
