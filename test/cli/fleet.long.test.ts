import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Ended, place } from './program.ts'

interface Line {
  readonly event: string
  readonly host?: string
  readonly status?: string
  readonly message?: string
}
const lines = ({ stdout }: Ended) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)

/** What a run says of hosts as a whole: `name: status`. */
const told = (ended: Ended) =>
  lines(ended).flatMap(({ event, host, status }) => (event === 'host' ? [`${host}: ${status}`] : []))

/**
 * A place with these hosts: this machine by other names, each with a folder of its own, and those that begin with `gone`,
 * which nobody reaches. This machine is held by one run at a time, so that hosts are to come one after another.
 */
const fleet = async (...hosts: string[]) => {
  const here = await place()
  const of = (host: string) => join(here.dir, host)
  const text = hosts.map((host) => {
    mkdirSync(of(host))
    const where = host.startsWith('gone') ? 'address: 127.0.0.1, port: 1' : 'connection: local'
    const vars = ['notes', 'slow', 'broken'].map((role) => `${role}: { dir: ${of(host)} }`).join(', ')
    return `  ${host}: { ${where}, vars: { ${vars} } }\n`
  })
  writeFileSync(
    here.inventory,
    `site: { domain: example.org, project: demo, dir: /srv/demo }\nhosts:\n${text.join('')}`,
  )
  /** The hosts on which something was done. */
  const done = (file = 'one') => hosts.filter((host) => existsSync(join(of(host), file)))
  return { ...here, of, done }
}

const NOTES = ['--role', 'notes', '--json']

describe('hosts in batches', () => {
  it('begins no batch after a failure, says so of every host, and ends with the worst', async () => {
    const { run, done } = await fleet('a', 'gone', 'b', 'c')
    const ended = await run([...NOTES, '--serial', '1'])
    expect(ended.code).toBe(3)
    expect(done()).toEqual(['a'])
    expect(told(ended)).toEqual(['gone: unreachable', 'b: skipped', 'c: skipped'])
    const why = '1 of 4 hosts failed (gone), and --max-fail allows none'
    expect(lines(ended)).toContainEqual({ event: 'host', host: 'c', status: 'skipped', exitCode: 1, message: why })
    expect(lines(ended).at(-1)).toMatchObject({
      exitCode: 3,
      hosts: { a: { changed: 2 }, b: { ok: 0, changed: 0, failed: 0, trips: 0, ms: 0, error: why } },
    })
  })

  it('tells a person how many were not begun, in one line', async () => {
    const { run } = await fleet('a', 'gone', 'b', 'c')
    const { code, stdout } = await run(['--role', 'notes', '--serial', '25%'])
    expect(code).toBe(3)
    expect(stdout).toContain('\n2 hosts not begun (b, c): 1 of 4 hosts failed (gone), and --max-fail allows none\n')
    expect(stdout.match(/not begun/g)).toHaveLength(1)
  })

  it('brings the batch under way to its end', async () => {
    const { run, done } = await fleet('gone', 'a', 'b')
    const ended = await run([...NOTES, '--serial', '67%', '--forks', '1'])
    expect([ended.code, done(), told(ended)]).toEqual([3, ['a'], ['gone: unreachable', 'b: skipped']])
  })

  it('goes on as long as --max-fail allows', async () => {
    const { run, done } = await fleet('gone', 'a', 'b', 'c')
    const ended = await run([...NOTES, '--serial', '1', '--max-fail', '25%'])
    expect([ended.code, done()]).toEqual([3, ['a', 'b', 'c']])
  })

  it('begins no host after a failure, where there are no batches', async () => {
    const { run, done } = await fleet('a', 'b', 'c')
    const ended = await run(['--role', 'broken', '--json', '--forks', '1'])
    expect([ended.code, done('fine'), told(ended)]).toEqual([1, ['a'], ['b: skipped', 'c: skipped']])
  })

  it('asks every host in a dry run, unless told how many may fail', async () => {
    const { run } = await fleet('gone', 'a', 'b')
    const dry = [...NOTES, '--dry-run', '--serial', '1']
    const all = await run(dry)
    expect([all.code, told(all)]).toEqual([3, ['gone: unreachable']])
    expect(lines(all).at(-1)).toMatchObject({ hosts: { a: { wouldChange: 2 }, b: { wouldChange: 2 } } })
    const some = await run([...dry, '--max-fail', '0'])
    expect([some.code, told(some)]).toEqual([3, ['gone: unreachable', 'a: skipped', 'b: skipped']])
  })

  it('counts a host that another run holds, or whose plan is stale, as failed', async () => {
    const { run, start, of } = await fleet('a', 'b', 'c')
    const held: Ended[] = []
    let second: Promise<unknown> | undefined
    await start(['--role', 'slow', '--json', '--limit', 'a'], (text) => {
      if (text.includes('slow-a')) second ??= run([...NOTES, '--serial', '1']).then((ended) => held.push(ended))
    })
    await second
    expect(held.map((ended) => [ended.code, told(ended)])).toEqual([[4, ['a: locked', 'b: skipped', 'c: skipped']]])

    const plan = join(of('a'), 'plan.json')
    expect((await run([...NOTES, '--dry-run', '--out', plan])).code).toBe(2)
    writeFileSync(join(of('a'), 'one'), 'somebody else\n')
    const stale = await run(['--plan', plan, '--json', '--serial', '1'])
    expect([stale.code, told(stale)]).toEqual([5, ['a: stale', 'b: skipped', 'c: skipped']])
    const more = await run(['--plan', plan, '--json', '--serial', '1', '--max-fail', '1'])
    expect([more.code, told(more)]).toEqual([5, ['a: stale']])
  })

  it('ends in the middle of a batch when it is interrupted', async () => {
    const { start, done } = await fleet('a', 'b', 'c')
    let pressed = false
    const ended = await start(['--role', 'slow', '--json', '--serial', '2', '--forks', '1'], (text, child) => {
      if (!pressed && text.includes('slow-a')) pressed = child.kill('SIGINT')
    })
    expect([ended.code, done('slow-a'), done('slow-c')]).toEqual([130, ['a'], []])
    expect(told(ended)).toEqual(['b: skipped', 'c: skipped'])
    expect(lines(ended).at(-1)).toMatchObject({ exitCode: 130, hosts: { c: { error: expect.any(String) } } })
  })
})

describe('more hosts than a terminal has rows', () => {
  it('are drawn as those under way, below a line about all', async () => {
    const hosts = Array.from({ length: 20 }, (_, index) => `web${index + 1}`)
    const { shell } = await fleet(...hosts, 'gone')
    const { stdout } = await shell(
      'script -qec "stty cols 100 rows 14; NO_COLOR=1 $PROGRAM --role notes --dry-run --forks 4" /dev/null',
    )
    const begins = stdout.lastIndexOf('✖ 21 of 21 hosts done, 1 failed')
    expect(begins).toBeGreaterThan(0)
    // What is left of the drawing is the line about all of them.
    const end = stdout
      .slice(begins)
      .replaceAll(/\u001b\[[?0-9;]*[A-Za-z]|\r/g, '')
      .split('\n')
    expect(end[1]).toBe('')
    expect(end).toContain('A host could not be reached.')
    for (const host of hosts) expect(end).toContainEqual(expect.stringMatching(new RegExp(`^${host} +0 ok, 2 would`)))
    // Each drawing is erased line by line before the next: never more lines than forks, the overview and a note.
    const erased = stdout.match(/(?:\u001b\[2K\u001b\[1A)+/g) ?? []
    const most = Math.max(...erased.map((text) => text.split('\u001b[1A').length - 1))
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(7)
  })
})

describe('shards', () => {
  it('split the hosts, report each of their own, and are made one again', async () => {
    const { run, dir, done } = await fleet('a', 'gone', 'b')
    const file = (name: string) => join(dir, name)
    const shard = (which: string, ...more: string[]) =>
      run([...NOTES, '--shard', which, '--report', `json=${file(`${which.slice(0, 1)}.json`)}`, ...more])

    expect(await run(['--list-hosts', '--shard', '1/2'])).toMatchObject({
      stdout: expect.stringMatching(/^a .*\nb .*\n$/),
    })
    const [one, two] = [await shard('1/4'), await shard('2/4')]
    expect([one.code, two.code, done()]).toEqual([0, 3, ['a']])
    expect(lines(one)[0]).toMatchObject({ hosts: ['a'], shard: '1/4' })
    expect((await shard('3/4')).code).toBe(0)

    const early = await run(['merge-reports', file('1.json'), file('3.json')])
    expect(early).toMatchObject({ code: 1, stderr: 'trueup: there is no report of shard 2/4, 4/4\n' })

    const empty = await shard('4/4')
    expect([empty.code, empty.stderr]).toEqual([0, 'trueup: there is no host in shard 4/4\n'])
    expect(lines(empty)).toMatchObject([
      { event: 'run', hosts: [] },
      { event: 'summary', hosts: {}, exitCode: 0 },
    ])

    const files = ['1', '2', '3', '4'].map((name) => file(`${name}.json`))
    const reports = ['json', 'html', 'junit'].flatMap((kind) => ['--report', `${kind}=${file(`all.${kind}`)}`])
    const merged = await run(['merge-reports', ...files, ...reports])
    expect(merged).toMatchObject({ code: 3, stderr: '' })
    expect(merged.stdout).toMatch(/^a +0 ok, 2 changed.*\ngone +unreachable\nb +0 ok, 2 changed.*\nA host could not/)
    const all: unknown = JSON.parse(readFileSync(file('all.json'), 'utf8'))
    expect(all).toMatchObject({ 0: { event: 'run', hosts: ['a', 'gone', 'b'], dryRun: false } })
    expect(readFileSync(file('all.html'), 'utf8')).toContain('<tr><th>gone</th>')
    expect(readFileSync(file('all.junit'), 'utf8')).toMatch(/<testsuite name="a notes".*<testsuite name="b notes"/s)
    expect(lines(await run(['merge-reports', ...files, '--json']))).toEqual(all)
  })

  it('are refused as reports where they do not fit, in one line that names the file', async () => {
    const { run, dir } = await fleet('a', 'b')
    const [a, ab, bad] = ['a.json', 'ab.json', 'bad.json'].map((name) => join(dir, name))
    await run([...NOTES, '--limit', 'a', '--dry-run', '--report', `json=${a}`])
    await run([...NOTES, '--dry-run', '--report', `json=${ab}`])
    writeFileSync(bad ?? '', '{"event":"run"}\n{"event":"summary"}\n')
    const cases: [string | undefined, string][] = [
      [ab, `each host is to be in one report: a in both ${a} and ${ab}`],
      [bad, `${bad}: it is not JSON: `],
      [join(dir, 'none'), `${dir}/none: there is no such file`],
      [dir, `${dir}: `],
    ]
    for (const [file = '', message] of cases) {
      const { code, stdout, stderr } = await run(['merge-reports', a ?? '', file, '--report', `html=${dir}/x.html`])
      expect([code, stdout]).toEqual([64, ''])
      expect(stderr).toContain(`trueup: ${message}`)
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(existsSync(join(dir, 'x.html'))).toBe(false)
    }
  })
})
