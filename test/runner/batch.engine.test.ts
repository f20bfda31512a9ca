import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { handler, raw, sh, type Task } from '../../lib/index.ts'
import { prelude } from '../../lib/language/prelude.ts'
import { chain, links } from '../../lib/runner/batch.ts'
import { openSession } from '../../lib/session/open.ts'
import { directory } from '../../tasks/directory.ts'
import { file } from '../../tasks/file.ts'
import { link } from '../../tasks/link.ts'
import { makeHost } from '../session/hosts.ts'
import { bash } from '../tasks/bash.ts'
import { roleOf, run as runRoles } from './fake-host.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trueup-batch-'))
  process.env['TRUEUP_LOCAL_ROOT'] = dir
})
afterEach(() => {
  delete process.env['TRUEUP_LOCAL_ROOT']
  rmSync(dir, { recursive: true })
})

const owned = { owner: userInfo().username, group: execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim() }
const greet = (name: string) =>
  handler({ id: `greet:${name}`, title: `greet ${name}`, run: sh`echo hello >> ${join(dir, name)}` })
const note = (name: string, more: object = {}): Task =>
  file({ title: name, path: join(dir, name), content: `${name}\n`, ...owned, ...more })

const INFO = { id: 'R1', when: '', who: 'me', version: '0', roles: ['notes'] }

/** Runs tasks on this machine. */
const run = async (tasks: readonly Task[], diff = false) => {
  const session = openSession(makeHost({ connection: 'local' }), { prelude })
  const { events, ...rest } = await runRoles(session, [roleOf('notes', tasks)], { diff, info: INFO })
  return { ...rest, told: events.filter((event) => event.event === 'task'), trips: session.trips }
}

const journal = (): string => {
  const home = process.getuid?.() === 0 ? 'var/lib/trueup' : '.local/state/trueup'
  const runs = join(dir, home, 'runs')
  return readdirSync(runs)
    .map((name) => readFileSync(join(runs, name, 'journal'), 'utf8'))
    .join('')
}

describe('files that stand next to one another', () => {
  it('are put in place in one request, each with its handler, and looked at in the same', async () => {
    const tasks = ['a', 'b', 'c'].map((name) => note(name, { notifies: greet(name === 'c' ? 'c.done' : 'ab.done') }))
    const { code, story, trips } = await run(tasks)
    expect({ code, story }).toEqual({
      code: 0,
      story: ['a: changed', 'b: changed', 'c: changed', 'greet ab.done! changed', 'greet c.done! changed'],
    })
    expect(trips).toBe(1 + 1 + 2)
    for (const name of ['a', 'b', 'c']) expect(readFileSync(join(dir, name), 'utf8')).toBe(`${name}\n`)
    expect(journal().match(/"event":"begin"/g)).toHaveLength(3)
    expect(journal().match(/"event":"task".*"status":"changed"/g)).toHaveLength(3)
    expect((await run(tasks)).story).toEqual(['a: ok', 'b: ok', 'c: ok'])
  })

  it('are not begun behind one that fails, and nothing is owed for them', async () => {
    writeFileSync(join(dir, 'folder'), '')
    const bad = note('b', { path: join(dir, 'folder/b'), notifies: greet('b.done') })
    const { code, told, story } = await run([note('a'), bad, note('c', { notifies: greet('c.done') }), note('d')])
    expect({ code, story }).toEqual({ code: 1, story: ['a: changed', 'b: failed', 'c: skipped', 'd: skipped'] })
    expect(told[1]?.message).toMatch(/exit code 1\n {2}command: tu_put .*\n {2}it said: .*folder/s)
    expect(['a', 'c', 'd', 'b.done', 'c.done'].filter((name) => existsSync(join(dir, name)))).toEqual(['a'])
    expect(journal()).not.toContain('"task":"c"')
    const next = await run([note('a'), note('c'), note('d')])
    expect(next.story).toEqual(['a: ok', 'c: changed', 'd: changed'])
  })

  it('show what changes inside each', async () => {
    writeFileSync(join(dir, 'b'), 'old\n')
    const { told } = await run([note('a'), note('b'), note('c')], true)
    const diffs = told.map((event) => ('diff' in event ? event.diff : undefined))
    expect(diffs).toEqual([
      expect.stringContaining('+a'),
      expect.stringMatching(/-old\n\+b/),
      expect.stringContaining('+c'),
    ])
  })

  it('go together with the folders that they are in', async () => {
    const folder = directory({ path: join(dir, 'folder'), ...owned })
    const tasks = [note('a'), folder, note('b', { path: join(dir, 'folder/b') }), note('c')]
    const { story, trips } = await run(tasks)
    expect(story.map((line) => line.split(': ')[1])).toEqual(['changed', 'changed', 'changed', 'changed'])
    expect(trips).toBe(1 + 1)
    expect(readFileSync(join(dir, 'folder/b'), 'utf8')).toBe('b\n')
    expect((await run(tasks)).story.every((line) => line.endsWith(': ok'))).toBe(true)
  })

  it('are not begun where their folder cannot be made', async () => {
    writeFileSync(join(dir, 'folder'), '')
    const folder = directory({ path: join(dir, 'folder'), ...owned })
    const { code, story } = await run([note('a'), folder, note('b', { path: join(dir, 'folder/b') })])
    expect({ code, states: story.map((line) => line.split(': ')[1]) }).toEqual({
      code: 1,
      states: ['changed', 'failed', 'skipped'],
    })
  })

  it('go by themselves where something else stands between them', async () => {
    const between = link({ path: join(dir, 'link'), target: 'a' })
    const { story, trips } = await run([note('a'), note('b'), between, note('c'), note('d')])
    expect(story.map((line) => line.split(': ')[1])).toEqual(Array.from({ length: 5 }, () => 'changed'))
    expect(trips).toBe(1 + 1 + 1 + 1)
  })

  it('are judged by themselves: what is as wanted is left alone', async () => {
    for (const name of ['a', 'c']) writeFileSync(join(dir, name), `${name}\n`)
    const before = statSync(join(dir, 'c')).ino
    const { story } = await run([note('a'), note('b'), note('c')])
    expect(story).toEqual(['a: ok', 'b: changed', 'c: ok'])
    expect(statSync(join(dir, 'c')).ino).toBe(before)
  })
})

describe('a chain of commands', () => {
  const ended = (...commands: string[]) => {
    const { code, stdout, stderr } = bash(chain(commands.map((text) => raw(text))))
    const output = { code, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), truncated: false, timedOut: false }
    return links(output).map((one) => [one.code, one.stdout.toString(), one.stderr.toString()])
  }

  it('ends with the first that fails', () => {
    expect(ended('echo 1', 'exit 3', 'echo never')).toEqual([
      [0, '1\n', ''],
      [3, '', ''],
    ])
    expect(ended('echo 1', 'echo no >&2; false')).toEqual([
      [0, '1\n', ''],
      [1, '', 'no\n'],
    ])
  })

  it('is as long as it was begun', () => {
    expect(ended('true', 'true # a comment', 'x=1')).toEqual(Array.from({ length: 3 }, () => [0, '', '']))
    const cut = { truncated: false, timedOut: true, code: null, stderr: Buffer.alloc(0) }
    expect(links({ ...cut, stdout: Buffer.from('1\n\x000\x00half') }).map(({ code }) => code)).toEqual([0, null])
    expect(links({ ...cut, stdout: Buffer.alloc(0) }).map(({ code, timedOut }) => [code, timedOut])).toEqual([
      [null, true],
    ])
  })
})
