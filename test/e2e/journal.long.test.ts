import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diffManifest, down, manifest, reset, up } from '../sandbox/index.ts'
import { troubles } from './contract.ts'
import { on } from './judge.ts'
import { cli, trueup } from './trueup.ts'

const HOST = 'journal'
const ROLES = ['base-ubuntu']
const LIMITS = '/etc/security/limits.d/90-trueup.conf'
const folder = mkdtempSync(join(tmpdir(), 'trueup-journal-'))
const plan = join(folder, 'plan.json')

const history = async (): Promise<string[]> => {
  const { code, stdout, stderr } = await cli(['history', '--limit', HOST])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.split('\n').filter((line) => line !== '')
}
const latest = async (): Promise<string> => (await history())[0]?.split(' ')[0] ?? ''

beforeAll(async () => {
  await up([HOST])
  await reset([HOST])
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await down([HOST])
})

describe('plans, the journal and undo on a real host', () => {
  it('applies on a bare host exactly what was planned, and remembers it', { timeout: 600_000 }, async () => {
    const dry = await trueup(HOST, ROLES, '--dry-run', '--out', plan)
    expect(dry.code, dry.stderr).toBe(2)
    const started = performance.now()
    const { code, stdout } = await cli(['--plan', plan, '--json', '--allow-unknown'])
    expect(
      code,
      stdout
        .split('\n')
        .filter((line) => /"(stale|failed)"/.test(line))
        .join('\n'),
    ).toBe(0)
    const seconds = Math.round((performance.now() - started) / 1000)
    const [line = ''] = await history()
    expect(line).toContain('  base-ubuntu  ')
    expect(line).toMatch(/ changed {2}applied$/)
    const stale = await cli(['--plan', plan, '--allow-unknown'])
    expect(stale.code).toBe(5)
    expect(stale.stdout).toContain('and is as wanted already')
    const size = (await on(HOST, 'du -sh /var/lib/trueup/runs')).split('\t')[0]
    console.log(`planned ${dry.tasks.length} tasks; applied in ${seconds} s; the journal takes up ${size}: ${line}`)
  })

  it('is for root alone', async () => {
    expect(await on(HOST, 'find /var/lib/trueup -perm /077')).toBe('')
    expect(await on(HOST, 'find /var/lib/trueup -type d ! -perm 0700; find /var/lib/trueup -type f ! -perm 0600')).toBe(
      '',
    )
  })

  it('puts back what somebody had written by hand, and takes it back again', async () => {
    await on(HOST, `echo '* hard nofile 7' > ${LIMITS}; chmod 0640 ${LIMITS}; chown nobody ${LIMITS}`)
    const byHand = await manifest(HOST)
    const mended = await trueup(HOST, ['base-ubuntu'])
    expect({ code: mended.code, trips: mended.trips }, troubles(mended)).toEqual({ code: 0, trips: 2 })
    const run = await latest()
    const shown = await cli(['history', run, '--limit', HOST])
    expect(shown.stdout).toContain(LIMITS)
    expect(shown.stdout).toContain('1 changed; applied in')

    const dry = await cli(['undo', run, '--dry-run', '--limit', HOST])
    expect(dry.code, dry.stdout).toBe(0)
    expect(dry.stdout).toContain(`would change  put back ${LIMITS}`)
    const undone = await cli(['undo', run, '--limit', HOST])
    expect(undone.code, undone.stdout).toBe(0)
    expect(diffManifest(byHand, await manifest(HOST))).toEqual([])

    const again = await cli(['undo', await latest(), '--limit', HOST])
    expect(again.code, again.stdout).toBe(0)
    const settled = await trueup(HOST, ['base-ubuntu'])
    expect({ code: settled.code, trips: settled.trips }).toEqual({ code: 0, trips: 1 })
  })

  it('refuses to undo what has changed since, by name, and touches nothing', async () => {
    await on(HOST, `rm ${LIMITS}`)
    expect((await trueup(HOST, ['base-ubuntu'])).code).toBe(0)
    const run = await latest()
    await on(HOST, `echo '# by hand' >> ${LIMITS}`)
    const before = await manifest(HOST)
    const refused = await cli(['undo', run, '--limit', HOST])
    expect(refused.code).toBe(5)
    expect(refused.stdout).toContain(`these have changed: ${LIMITS}`)
    expect(diffManifest(before, await manifest(HOST))).toEqual([])
  })
})
