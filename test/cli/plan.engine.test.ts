import { existsSync, statSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Place, place } from './program.ts'

const dryRun = ['--role', 'notes', '--limit', 'web1', '--dry-run']

const planned = async (here: Place, more: readonly string[] = []): Promise<string> => {
  const file = join(here.dir, 'plan.json')
  const { code, stderr } = await here.run([...dryRun, ...more, '--out', file])
  expect({ code, stderr }).toEqual({ code: 2, stderr: `trueup: the plan is saved; apply it with --plan ${file}\n` })
  return file
}

describe('a saved plan', () => {
  it('is applied as it is, once, wherever the inventory has gone with a new remark in it', async () => {
    const here = await place()
    const file = await planned(here)
    const moved = join(here.dir, 'moved.yml')
    await writeFile(moved, `# a remark\n${await readFile(here.inventory, 'utf8')}`)
    await rm(here.inventory)
    expect((await here.run(['--plan', file])).code).toBe(64)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(here.dir, '.config/trueup/plan.key')).mode & 0o777).toBe(0o600)
    const applied = await here.run(['--plan', file, '-i', moved, '--json'])
    expect(applied).toMatchObject({ code: 0, stderr: '' })
    expect(applied.stdout).toContain('"roles":["notes"],"hosts":["web1"]')
    expect(await readFile(join(here.dir, 'one'), 'utf8')).toBe('one\n')
    const again = await here.run(['--plan', file, '-i', moved])
    expect(again.code).toBe(5)
    expect(again.stdout).toContain('notes “note one” was to be changed, and is as wanted already')
    expect(again.stdout).toContain('Something has moved since, and was left alone.')
  })

  it('is refused where the inventory says something else, and nothing is changed', async () => {
    const here = await place()
    const file = await planned(here)
    const text = await readFile(here.inventory, 'utf8')
    await writeFile(here.inventory, text.replace('notes: { ', 'notes: { text: three, '))
    const { code, stdout } = await here.run(['--plan', file, '--json'])
    expect(code).toBe(5)
    expect(stdout).toContain('"event":"host","host":"web1","status":"stale","exitCode":5')
    expect(stdout).toContain('the inventory says something else of web1 now: the variables of notes')
    expect(existsSync(join(here.dir, 'one'))).toBe(false)
    await writeFile(here.inventory, text.replace(/ {2}web1:.*\n/, ''))
    const gone = await here.run(['--plan', file])
    expect(gone.code).toBe(5)
    expect(gone.stdout).toContain('nothing was changed: web1 is not in')
  })

  it('holds no secret, also where a role is made from one', async () => {
    const here = await place()
    const file = join(here.dir, 'plan.json')
    const secret = { TRUEUP_SECRET_PW: 'sesame-open' }
    const args = ['--role', 'vault', '--limit', 'web1', '--dry-run', '--out', file]
    expect((await here.run(args, secret)).code).toBe(2)
    const text = await readFile(file, 'utf8')
    expect(text).not.toContain('sesame')
    const other = await here.run(['--plan', file], { TRUEUP_SECRET_PW: 'sesame-shut' })
    expect(other.code).toBe(5)
    expect(other.stdout).toContain('the variables of vault')
    expect((await here.run(['--plan', file], secret)).code).toBe(0)
  })

  it('is not saved where a dry run fails, or a host is out of reach', async () => {
    const here = await place()
    const file = join(here.dir, 'plan.json')
    const { code, stderr } = await here.run(['--role', 'notes', '--dry-run', '--out', file])
    expect(code).toBe(3)
    expect(stderr).toContain('no plan was saved in')
    expect(existsSync(file)).toBe(false)
    const nowhere = await here.run([...dryRun, '--out', join(here.dir, 'no/plan.json')])
    expect(nowhere.code).toBe(64)
    expect(nowhere.stderr).toContain('the plan was not saved: ENOENT')
  })
})
