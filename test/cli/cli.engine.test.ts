import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { place } from './program.ts'

const WEB1 = ['--limit', 'web1']

const Change = z.strictObject({ key: z.string(), from: z.unknown(), to: z.unknown() })
const Counts = z.object({ ok: z.number(), changed: z.number(), wouldChange: z.number(), unknown: z.number() })
const Event = z.discriminatedUnion('event', [
  z.looseObject({ event: z.literal('run'), id: z.string(), dryRun: z.boolean(), version: z.string() }),
  z.looseObject({
    event: z.literal('task'),
    host: z.string(),
    role: z.string(),
    task: z.string(),
    status: z.enum(['ok', 'changed', 'would-change', 'unknown', 'failed', 'skipped']),
    changes: z.array(Change),
    ms: z.number(),
  }),
  z.looseObject({ event: z.literal('handler'), host: z.string(), role: z.string(), task: z.string() }),
  z.looseObject({ event: z.literal('warning'), host: z.string(), role: z.string(), message: z.string() }),
  z.looseObject({ event: z.literal('host'), host: z.string(), exitCode: z.number(), message: z.string() }),
  z.looseObject({
    event: z.literal('summary'),
    exitCode: z.number(),
    hosts: z.record(
      z.string(),
      Counts.extend({
        failed: z.number(),
        skipped: z.number(),
        trips: z.number(),
        ms: z.number(),
        error: z.string().optional(),
      }),
    ),
  }),
])

const parse = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => Event.parse(JSON.parse(line)))

const summaryOf = (stdout: string) => {
  const last = parse(stdout).at(-1)
  if (last?.event !== 'summary') throw new Error(`no summary: ${stdout}`)
  return last
}

describe.concurrent('the command line', () => {
  it('foretells, applies, and then finds nothing to do in one round trip', async () => {
    const { run, runSource, dir } = await place()
    const notes = ['--role', 'notes', ...WEB1]
    const before = await run([...notes, '--dry-run'])
    expect(before).toMatchObject({ code: 2, stderr: '' })
    expect(before.stdout).toContain('would change  note one')
    expect(before.stdout).toContain('The dry run found 2 things to change.')
    expect(existsSync(join(dir, 'one'))).toBe(false)

    const first = await run(notes)
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toContain('web1 notes  0 ok, 2 changed, 1 handler')
    expect(await readFile(join(dir, 'one'), 'utf8')).toBe('one\n')
    expect(await readFile(join(dir, 'greeting'), 'utf8')).toBe('hello')

    const again = await run([...notes, '--json'])
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(summaryOf(again.stdout).hosts).toMatchObject({ web1: { ok: 2, changed: 0, trips: 1 } })

    const after = await runSource([...notes, '--dry-run', '--json'])
    expect(after.code).toBe(0)
    const [head, ...events] = parse(after.stdout)
    expect(head).toMatchObject({ event: 'run', dryRun: true, roles: ['notes'], hosts: ['web1'], version: '0.1.0' })
    expect(events.map((event) => event.event)).toEqual(['task', 'task', 'summary'])
  })

  it('says what failed, why, and what to type next', async () => {
    const { run } = await place()
    const { code, stdout } = await run(['--role', 'broken,notes', ...WEB1])
    expect(code).toBe(1)
    expect(stdout).toContain('web1 broken  failed        break')
    expect(stdout).toContain('text: absent → there')
    expect(stdout).toContain('it said: E: no space left')
    expect(stdout).toContain('Once mended:\n  trueup --role broken --limit web1\n')
    expect(stdout.match(/no space left/g)).toHaveLength(2)
  })

  it('goes on with the other hosts where one cannot be reached', async () => {
    const { run } = await place()
    const { code, stdout } = await run(['--role', 'notes', '--json'])
    expect(code).toBe(3)
    expect(parse(stdout)).toContainEqual(
      expect.objectContaining({ event: 'host', host: 'gone', status: 'unreachable', exitCode: 3 }),
    )
    const { hosts, exitCode } = summaryOf(stdout)
    expect(exitCode).toBe(3)
    expect(hosts['web1']).toMatchObject({ changed: 2 })
    expect(hosts['gone']).toMatchObject({ ok: 0, trips: 0, error: expect.stringContaining('127.0.0.1') })
  })

  it.each([
    [['--role', 'all', '--persist'], 'trueup: there is no --persist: no connection is kept between runs'],
    [['--role', 'all', '--shard', '3/2'], "trueup: option '--shard <i/n>' argument '3/2' is invalid."],
    [['--frobnicate'], "trueup: unknown option '--frobnicate'\n"],
    [
      ['--role', 'note'],
      'trueup: no role is called "note"; did you mean "notes"? (known: all, notes, vault, slow, broken, files)\n',
    ],
    [['--role', 'notes', '--limit', 'wbe1'], 'no host or group is called "wbe1"'],
    [['--role', 'notes', '--ask-become-pass'], 'trueup: --ask-become-pass asks on a terminal'],
    [['--role', 'notes', '-i', '/nowhere.yml'], '/nowhere.yml  cannot be read: no such file'],
    [['--role', 'notes,vault'], /inventory\.yml:9:\d+ {2}secret pw is missing; set TRUEUP_SECRET_PW/],
  ])('%j is refused with 64', async (args, message) => {
    const { run } = await place()
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('names every problem of an inventory, with its place, before any host is touched', async () => {
    const { run, inventory, dir } = await place('  notse: {}\n')
    const text = await readFile(inventory, 'utf8')
    await writeFile(
      inventory,
      text.replace('notes: {', 'notes: { txet: x,').replace('slow: {', 'slow: { seconds: many,'),
    )
    const { code, stderr } = await run(['--role', 'notes,slow', ...WEB1])
    expect(code).toBe(64)
    expect(stderr.trimEnd().split('\n')).toHaveLength(3)
    for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/inventory\.yml:\d+:\d+ {2}/)
    expect(existsSync(join(dir, 'one'))).toBe(false)
  })

  it('finishes the task in hand on Ctrl-C, and says where it stopped', async () => {
    const { start, dir } = await place()
    let pressed = false
    const { code, stdout, stderr } = await start(['--role', 'slow', '--json', ...WEB1], (text, child) => {
      if (!pressed && text.includes('slow-a')) pressed = child.kill('SIGINT')
    })
    expect(code).toBe(130)
    expect(stderr).toBe('trueup: finishing the task in hand; Ctrl-C again ends at once\n')
    expect([existsSync(join(dir, 'slow-b')), existsSync(join(dir, 'slow-c'))]).toEqual([true, false])
    expect(stdout).toContain('interrupted before “note slow-c” of slow')
    expect(summaryOf(stdout)).toMatchObject({ exitCode: 130, hosts: { web1: { changed: 2 } } })
  })

  it('ends at once on a second Ctrl-C', async () => {
    const { start, dir } = await place()
    let presses = 0
    const { code, stdout } = await start(['--role', 'slow', '--json', ...WEB1], (text, child) => {
      if (presses === 0 && text.includes('slow-a')) {
        presses += 1
        child.kill('SIGINT')
        setTimeout(() => child.kill('SIGINT'), 400)
      }
    })
    expect(code).toBe(130)
    expect(stdout).not.toContain('summary')
    expect(existsSync(join(dir, 'slow-c'))).toBe(false)
  })

  it('ends quietly when nobody reads on', async () => {
    const { shell } = await place()
    const { stdout, stderr } = await shell('$PROGRAM --role slow --limit web1 --json | head -n 1')
    expect(parse(stdout)).toMatchObject([{ event: 'run' }])
    expect(stderr).toBe('')
  })

  it('shows a tree on a terminal, and no error twice', async () => {
    const { shell } = await place()
    const { stdout } = await shell(
      'script -qec "stty cols 100 rows 30; NO_COLOR=1 $PROGRAM --role notes,broken --limit web1" /dev/null',
    )
    const end = stdout.slice(stdout.lastIndexOf('✖ web1'))
    expect(end).toContain('✔ notes')
    expect(end).toContain('✖ broken')
    expect(end.match(/exit code 7/g)).toHaveLength(1)
  })

  it('shows no secret, whatever the host prints', async () => {
    const { run } = await place()
    const secret = { TRUEUP_SECRET_PW: 'sesame-open' }
    const vault = ['--role', 'vault', ...WEB1]
    const outputs = [
      await run([...vault, '-v'], secret),
      await run(['exec', 'web1', '--', 'echo sesame-open | sed s/s/z/'], secret),
      await run([...vault, '--list-tasks']),
    ]
    expect(outputs.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(outputs[0]?.stdout).toContain('it is ‹secret pw›')
    expect(JSON.stringify(outputs[0])).not.toContain('sesame')
  })

  it('runs a command on hosts', async () => {
    const { run } = await place()
    const shell = await run(['exec', 'web1', '--', 'echo out; echo err >&2; exit 4'])
    expect(shell).toEqual({ code: 1, stdout: 'web1  out\n', stderr: 'web1  err\nweb1  exit code 4\n' })
    const words = await run(['exec', 'all', '--json', '--', 'printf', '%s|', 'a b', '$HOME'])
    expect(words.code).toBe(3)
    const lines = words.stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(lines).toContainEqual(
      expect.objectContaining({ event: 'exec', host: 'web1', code: 0, stdout: 'a b|$HOME|' }),
    )
    expect(lines).toContainEqual(expect.objectContaining({ event: 'host', host: 'gone', status: 'unreachable' }))
  })

  it('verifies in one round trip, changes nothing, and says what cannot be judged from here', async () => {
    const { run, runSource, dir } = await place()
    const before = await run(['verify', '--role', 'notes', ...WEB1])
    expect(before).toMatchObject({ code: 1, stderr: '' })
    expect(before.stdout).toMatch(
      /^web1\n {2}ok +ssh +logged in\n {2}FAILED +note one +it is missing; run --role notes\n/,
    )
    expect(before.stdout).toContain('1 check ok, 2 failed')
    expect(existsSync(join(dir, 'one'))).toBe(false)

    expect((await run(['--role', 'notes', ...WEB1])).code).toBe(0)
    const after = await run(['verify', '--json', ...WEB1])
    expect(after).toMatchObject({ code: 0, stderr: '' })
    const lines = after.stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(lines).toMatchObject([
      { event: 'check', host: 'web1', check: 'ssh', status: 'ok', detail: 'logged in' },
      { event: 'check', host: 'web1', check: 'note one', status: 'ok', detail: 'it is there' },
      { event: 'check', host: 'web1', check: 'note two', status: 'ok' },
      {
        event: 'check',
        check: 'name of example.org',
        status: 'unreachable',
        detail: expect.stringContaining('not reachable from here: '),
      },
      { event: 'check', host: 'web1', check: 'seen', status: 'ok' },
      { event: 'summary', hosts: { web1: { ok: 3, failed: 0, trips: 1 } }, exitCode: 0 },
    ])

    const both = await runSource(['verify', '-v'])
    expect(both.code).toBe(3)
    expect(both.stdout).toMatch(/^gone\n {2}not judged +ssh +.*127\.0\.0\.1/m)
    expect(both.stdout).toMatch(/not judged +seen +the host itself was not reached/)
    expect(both.stdout).toContain('"state":{"text":"one\\n"}')
  })

  it('lists, and asks no host for it', async () => {
    const { run } = await place()
    expect(await run(['--list-hosts'])).toMatchObject({
      code: 0,
      stdout: 'web1  local             here\ngone  root@127.0.0.1:1\n',
    })
    const { code, stdout } = await run(['--list-tasks', '--role', 'slow,notes'])
    expect(code).toBe(0)
    expect(stdout).toBe(`web1, gone (assumed to be Ubuntu 24.04; nothing was connected to)
  notes
    note one
    note two
  slow
    note slow-a
    note slow-b
    note slow-c
`)
  })

  it('opens what the inventory names and nothing else, least of all the real server', async () => {
    const { run, dir } = await place()
    const log = join(dir, 'watch.log')
    const env = { NODE_OPTIONS: `--import ${new URL('fixtures/watch.mjs', import.meta.url).href}`, WATCH_LOG: log }
    for (const args of [
      ['--role', 'notes'],
      ['--list-hosts'],
      ['exec', 'all', '--', 'true'],
      ['verify'],
      ['trust', 'gone', '--yes'],
    ])
      await run(args, env)
    const seen = await readFile(log, 'utf8')
    expect(seen).toMatch(/127\.0\.0\.1/)
    expect(seen).not.toMatch(/77\.42\.86\.222|moja-dzialka/)
    const connections = seen.split('\n').filter((line) => line.startsWith('["connect"'))
    expect(connections.filter((line) => !/"port":1\b|\[1,"127|"path":/.test(line))).toEqual([])
  })
})
