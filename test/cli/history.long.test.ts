import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Place, place } from './program.ts'

const FILES = ['--role', 'files', '--limit', 'web1', '--json']
const secret = { TRUEUP_SECRET_PW: 'sesame-open' }

interface Run {
  id: string
  outcome: string
  changed: number | null
}
const runs = async ({ run }: Place): Promise<Run[]> => {
  const { stdout } = await run(['history', '--limit', 'web1', '--json'])
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Run)
}
const newest = async (here: Place): Promise<Run> => {
  const [first] = await runs(here)
  if (first === undefined) throw new Error('no run is remembered')
  return first
}
const look = ({ dir }: Place) => ({
  text: readFileSync(join(dir, 'made/text'), 'utf8'),
  mode: (statSync(join(dir, 'made/text')).mode & 0o777).toString(8),
  secret: readFileSync(join(dir, 'secret'), 'utf8'),
  link: readlinkSync(join(dir, 'link')),
})

/** What this machine has written down so far of its only run. */
const journalOf = ({ dir }: Place): string => {
  const runs = join(dir, 'var/lib/trueup/runs')
  if (!existsSync(runs)) return ''
  return readdirSync(runs)
    .map((id) => join(runs, id, 'journal'))
    .map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : ''))
    .join('')
}

describe.runIf(process.getuid?.() === 0)('what a host remembers', () => {
  it('is told by history, and put back by undo', { timeout: 240_000 }, async () => {
    const here = await place()
    const { run, dir, inventory, shell } = here
    const undo = (id: string, ...more: string[]) => run(['undo', id, '--limit', 'web1', ...more])

    expect((await run(FILES, secret)).code).toBe(0)
    const first = await newest(here)
    const one = look(here)
    // A run that changes nothing is not remembered.
    expect((await run(FILES, secret)).stdout).toContain('"trips":1')
    expect(await runs(here)).toMatchObject([
      { host: 'web1', roles: ['files'], changed: 4, failed: 0, outcome: 'applied' },
    ])

    const text = readFileSync(inventory, 'utf8')
    writeFileSync(inventory, text.replace(`text: "one\\n", mode: '0644'`, `text: "two\\n", mode: '0600'`))
    const second = await run(FILES, { TRUEUP_SECRET_PW: 'sesame-shut' })
    expect(second.stdout, second.stderr).toContain('"changed":3')
    expect(second.stdout).toContain('"trips":5')
    const { id } = await newest(here)
    const shown = await run(['history', id, '--limit', 'web1'])
    expect(shown.stdout).toContain(`link ${dir}/link\n    target: one → two\n`)
    expect(shown.stdout).toMatch(/-one\n {4}\+two\n/)
    expect(shown.stdout).toMatch(/3 changed; applied in /)

    const loose = await shell(
      `find ${dir}/var -perm /077; grep -rlE 'sesame|${'[0-9a-f]'.repeat(40)}' ${dir}/var | grep -v -e /before -e /after`,
    )
    // The old secret file itself, and nothing else.
    expect(loose.stdout.trim()).toBe(`${dir}/var/lib/trueup/runs/${id}/2/0`)

    const two = look(here)
    const dry = await undo(id, '--dry-run')
    expect(dry.code, dry.stdout).toBe(0)
    expect(dry.stdout).toContain(`would change  put back ${dir}/link`)
    expect(dry.stdout).toContain('would run     greet')
    expect(dry.stdout).not.toContain('sesame')
    expect(look(here)).toEqual(two)
    writeFileSync(join(dir, 'greeting'), '')
    const undone = await undo(id)
    expect(undone.code, undone.stdout).toBe(0)
    expect(look(here)).toEqual(one)
    expect(readFileSync(join(dir, 'greeting'), 'utf8')).toBe('hello')
    expect(await newest(here)).toMatchObject({ undoes: id, changed: 3, outcome: 'applied' })

    writeFileSync(join(dir, 'link-'), '')
    writeFileSync(join(dir, 'made/text'), 'by hand\n')
    const refused = await undo(first.id)
    expect(refused.code).toBe(5)
    expect(refused.stdout).toContain(`since ${first.id} put them there, these have changed: ${dir}/made/text\n`)
    expect(lstatSync(join(dir, 'secret')).isFile()).toBe(true)
    writeFileSync(join(dir, 'made/text'), 'one\n')
    const gone = await undo(first.id)
    expect(gone.code, gone.stdout).toBe(0)
    expect((await shell(`ls -d ${dir}/made ${dir}/secret ${dir}/link`)).stdout).toBe('')
  })

  it('ends where its runner was killed', { timeout: 120_000 }, async () => {
    const here = await place()
    let watch: NodeJS.Timeout | undefined
    await here.start(['--role', 'slow', '--json', '--limit', 'web1'], (_, child) => {
      watch ??= setInterval(() => {
        if (journalOf(here).includes('note slow-b')) child.kill('SIGKILL')
      }, 50)
    })
    clearInterval(watch)
    const { id, ...run } = await newest(here)
    expect(run).toMatchObject({ outcome: 'unfinished', changed: null, begun: 2 })
    const { stdout } = await here.run(['history', id, '--limit', 'web1'])
    expect(stdout).toMatch(/web1 slow {2}unfinished {4}note slow-b\n/)
    expect(stdout).toContain('unfinished: the run never came to its end')
  })

  it('is asked for by a name that a run can have', { timeout: 60_000 }, async () => {
    const { run } = await place()
    expect(await run(['undo', '../../etc'])).toMatchObject({ code: 64, stdout: '' })
    expect((await run(['history', 'never', '--limit', 'web1'])).stderr).toBe(
      'trueup: no host remembers a run "never"; history lists those that are\n',
    )
    expect((await run(['undo', 'never', '--limit', 'web1'])).code).toBe(64)
  })
})
