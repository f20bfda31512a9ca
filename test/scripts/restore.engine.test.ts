import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CONTENT, seeded, type Stage, stage } from './stage.ts'

vi.setConfig({ testTimeout: 120_000 })

let on: Stage
let date: string
beforeEach(() => {
  on = stage()
  date = seeded(on, 1)
})
afterEach(() => on.end())

const ALL = ['backend', 'celery-worker', 'frontend', 'milvus', 'mongo', 'neo4j', 'postgres', 'redis']
const changed = () => {
  on.set('pg/moja_dzialka', 'COPY public.parcels (id) FROM stdin;\n9\n\\.\n')
  for (const name of ['neo4j', 'mongo', 'redis']) on.set(name, 'other\n')
}
const stores = () => ({
  postgres: on.got('pg/moja_dzialka'),
  neo4j: on.got('neo4j'),
  mongo: on.got('mongo'),
  redis: on.got('redis'),
})
const databases = () => on.calls().filter((call) => / (stop|run|exec|up) /.test(call))

it('puts everything back, and keeps what was there as a set of its own', () => {
  changed()
  const { code, output } = on.run('restore.sh', date)
  expect(code, output).toBe(0)
  expect(stores()).toEqual(CONTENT)
  expect(on.running()).toEqual(ALL)
  expect(on.sets()).toHaveLength(2)
  expect(output).toContain(`what was there before is in the set ${on.sets().at(-1)}`)
  // Writers are stopped before anything is replaced, and begin again once all is well.
  const at = (part: string) => on.calls().findIndex((call) => call.includes(part))
  expect(at(' stop backend celery-worker')).toBeLessThan(at('pg_restore -U app -d moja_dzialka_restoring'))
  expect(at(' start backend celery-worker')).toBeGreaterThan(at('redis-server --dir /data'))
})

it('tells how it is used where no set is named', () => {
  expect(on.run('restore.sh')).toMatchObject({ code: 64, output: expect.stringContaining('Usage: restore.sh') })
  expect(on.run('restore.sh', '../../etc')).toMatchObject({ code: 64 })
  expect(on.calls()).toEqual([])
})

describe('refuses a set before anything is touched', () => {
  const path = (name: string) => join(on.backups, name)
  it.each<[string, () => void, RegExp]>([
    ['that is not there', () => (date = '20200101_000000'), /there is no complete set/],
    ['without its manifest', () => rmSync(path(`manifest_${date}.json`)), /there is no complete set/],
    ['without one of its files', () => rmSync(path(`mongo_${date}.archive.gz`)), /mongo_.* is missing/],
    ['that is shorter', () => writeFileSync(path(`postgres_${date}.dump`), 'PGDMP'), /has 5 bytes, not/],
    ['that is longer', () => appendFileSync(path(`redis_${date}.rdb`), 'x'), /bytes, not/],
    [
      'of the same size with other bytes',
      () =>
        writeFileSync(path(`redis_${date}.rdb`), readFileSync(path(`redis_${date}.rdb`), 'utf8').replace('key', 'kex')),
      /sha256/,
    ],
    [
      'that is only begun',
      () => renameSync(path(`neo4j_${date}.dump.gz`), path(`neo4j_${date}.dump.gz.partial`)),
      /is missing/,
    ],
    ['whose manifest is broken', () => writeFileSync(path(`manifest_${date}.json`), '{'), /not a manifest/],
    [
      'whose manifest is empty',
      () => writeFileSync(path(`manifest_${date}.json`), `{"date":"${date}","files":[]}`),
      /not a manifest/,
    ],
  ])('%s', (_, harm, message) => {
    harm()
    const before = stores()
    const { code, output } = on.run('restore.sh', date)
    expect(code).toBe(1)
    expect(output).toMatch(message)
    expect(output).toContain('nothing has been touched')
    expect(on.calls()).toEqual([])
    expect(stores()).toEqual(before)
  })
})

describe('starts everything again and ends with an error where it fails', () => {
  it.each([
    ['PostgreSQL', 'pg_restore -U app'],
    ['Neo4j', 'database load'],
    ['MongoDB', 'mongorestore'],
    ['Redis', 'redis-server --dir /data'],
  ])('in %s', (_, pattern) => {
    on.fail(pattern)
    const { code, output } = on.run('restore.sh', date)
    expect(code).not.toBe(0)
    expect(output).toContain('FAILED')
    expect(output).toContain('what was there before is in the set')
    expect(on.running()).toEqual(ALL)
    expect(on.got('pg/moja_dzialka')).toBe(CONTENT.postgres)
  })

  it('with what was there not replaced by a dump that restores to something else', () => {
    const path = join(on.backups, `manifest_${date}.json`)
    writeFileSync(path, readFileSync(path, 'utf8').replace('"public.parcels":3', '"public.parcels":4'))
    on.set('pg/moja_dzialka', 'COPY public.parcels (id) FROM stdin;\n9\n\\.\n')
    const { code, output } = on.run('restore.sh', '--without-backup', date)
    expect(code).not.toBe(0)
    expect(output).toMatch(/-public.parcels\t4\n\+public.parcels\t3/)
    expect(on.got('pg/moja_dzialka')).toContain('\n9\n')
    expect(databases().some((call) => call.includes('stop neo4j'))).toBe(false)
    expect(on.running()).toEqual(ALL)
  })
})

it('does nothing where what is there cannot be backed up, unless it is told to do without', () => {
  changed()
  on.fail('pg_dump')
  const refused = on.run('restore.sh', date)
  expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('--without-backup') })
  expect(stores()).toMatchObject({ neo4j: 'other\n', mongo: 'other\n', redis: 'other\n' })
  expect(on.running()).toEqual(ALL)

  const { code, output } = on.run('restore.sh', '--without-backup', date)
  expect(code, output).toBe(0)
  expect(stores()).toEqual(CONTENT)
  expect(output).toMatch(/former content is in moja_dzialka_before_\d+_\d+/)
})

describe('the restore test', () => {
  it('restores the newest set into containers of its own and counts', () => {
    const { code, output } = on.run('restore-test.sh')
    expect(code, output).toBe(0)
    expect(output).toContain(`the set ${date} can be restored`)
    expect(on.told()).toEqual(['moja-dzialka-restore_test.prom'])
    for (const call of on.calls().filter((one) => one.startsWith('run ')))
      expect(call).toMatch(/^run --label trueup.restore-test=moja-dzialka --network none /)
    // Nothing of the project's own is touched.
    expect(on.calls().filter((call) => call.startsWith('compose') && !call.endsWith('config --format json'))).toEqual(
      [],
    )
  })

  it.each([
    ['a set that does not restore', 'pg_restore -U app'],
    ['an archive that does not', 'mongorestore'],
    ['a dump that does not', 'database load'],
  ])('fails on %s, and tells no success', (_, pattern) => {
    on.fail(pattern)
    expect(on.run('restore-test.sh').code).not.toBe(0)
    expect(on.told()).toEqual([])
  })

  it('fails where what is restored is not what was counted', () => {
    const path = join(on.backups, `manifest_${date}.json`)
    writeFileSync(path, readFileSync(path, 'utf8').replace('"nodes":4', '"nodes":5'))
    expect(on.run('restore-test.sh')).toMatchObject({ code: 1, output: expect.stringContaining('+nodes\t4') })
  })

  it('fails where there is no set', () => {
    rmSync(join(on.backups, `manifest_${date}.json`))
    expect(on.run('restore-test.sh')).toMatchObject({ code: 1, output: expect.stringContaining('no complete set') })
  })
})
