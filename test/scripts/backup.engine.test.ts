import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../lib/index.ts'
import { seeded, type Stage, stage } from './stage.ts'

vi.setConfig({ testTimeout: 120_000 })

let on: Stage
beforeEach(() => void (on = stage()))
afterEach(() => on.end())

const ALL = ['backend', 'celery-worker', 'frontend', 'milvus', 'mongo', 'neo4j', 'postgres', 'redis']

it('is a set of four files and a manifest that says what is in them', () => {
  const { code, output } = on.run('backup.sh')
  expect(code, output).toBe(0)
  const [date = ''] = on.sets()
  expect(on.files()).toEqual([
    `manifest_${date}.json`,
    `mongo_${date}.archive.gz`,
    `neo4j_${date}.dump.gz`,
    `postgres_${date}.dump`,
    `redis_${date}.rdb`,
  ])
  const manifest: unknown = JSON.parse(readFileSync(join(on.backups, `manifest_${date}.json`), 'utf8'))
  expect(manifest).toMatchObject({
    version: 1,
    date,
    project: 'moja-dzialka',
    files: [
      { kind: 'postgres', bytes: expect.any(Number), counts: { 'public.parcels': 3 } },
      { kind: 'mongo', sha256: expect.stringMatching(/^[0-9a-f]{64}$/), counts: { 'moja_dzialka.parcels': 5 } },
      { kind: 'redis', counts: { keys: 6 } },
      { kind: 'neo4j', counts: { nodes: 4, relationships: 0 } },
    ],
  })
  for (const name of on.files()) expect(statSync(join(on.backups, name)).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(on.metrics, 'moja-dzialka-backup.prom'), 'utf8')).toMatch(
    /^moja_dzialka_backup_last_success_timestamp_seconds \d+\nmoja_dzialka_backup_last_size_bytes [1-9]\d*\n$/,
  )
  expect(on.running()).toEqual(ALL)
  expect(output).toMatch(/neo4j is back after \d+ s/)
  expect(on.got('calls'), 'no password is an argument').not.toContain('canary')
})

it('has the date and the sizes of the description (R100, R102)', () => {
  const { output } = on.run('backup.sh')
  const [date = ''] = on.sets()
  expect(date).toMatch(/^20\d{6}_\d{6}$/)
  for (const name of on.files()) expect(output).toMatch(new RegExp(`^-rw-------.* ${name}$`, 'm'))
})

describe('fails without leaving anything, with older sets as they were and everything running again', () => {
  it.each([
    ['PostgreSQL half way', 'pg_dump'],
    ['a dump that cannot be listed', 'pg_restore -l'],
    ['a dump that cannot be read', 'pg_restore --data-only'],
    ['MongoDB half way', 'mongodump'],
    ['Redis', 'BGSAVE'],
    ['Redis in the background', 'INFO persistence'],
    ['the copy of what Redis saved', 'compose .*cp redis'],
    ['the check of what Redis saved', 'check.rdb'],
    ['Neo4j half way', 'database dump'],
    ['the stop of Neo4j', ' stop neo4j'],
  ])('%s', (_, pattern) => {
    const old = seeded(on, 30)
    const before = on.files()
    on.fail(pattern)
    const { code, output } = on.run('backup.sh')
    expect(code).not.toBe(0)
    expect(output).toContain('FAILED')
    expect(on.files()).toEqual(before)
    expect(on.sets()).toEqual([old])
    expect(on.running()).toEqual(ALL)
  })

  it('says so where Neo4j does not come back, and ends with an error although the dump was good', () => {
    on.fail(' up -d .*neo4j')
    const { code, output } = on.run('backup.sh')
    expect(code).not.toBe(0)
    expect(output).toContain('NEO4J DID NOT COME BACK')
    expect(on.files()).toEqual([])
  })

  it('a database that is down (F27)', () => {
    on.set('running', 'neo4j\nmongo\nredis\n')
    expect(on.run('backup.sh').code).not.toBe(0)
    expect(on.files()).toEqual([])
    expect(on.calls().some((call) => call.includes(' stop '))).toBe(false)
  })

  it('a full disk (F27)', () => {
    const small = mkdtempSync(join(tmpdir(), 'trueup-full-'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small], { encoding: 'utf8' })
    expect(mounted.stderr, 'needs root').toBe('')
    const full = stage({ backupDir: small })
    try {
      full.set('pg/moja_dzialka', `COPY public.parcels (id) FROM stdin;\n${'row\n'.repeat(20_000)}\\.\n`)
      const { code, output } = full.run('backup.sh')
      expect(code).not.toBe(0)
      expect(output).toContain('No space left on device')
      expect(spawnSync('ls', ['-A', small], { encoding: 'utf8' }).stdout).toBe('')
      expect(full.running()).toEqual(ALL)
    } finally {
      spawnSync('umount', [small])
      rmSync(small, { recursive: true, force: true })
      full.end()
    }
  })

  it('a termination while Neo4j is down', async () => {
    // Its dump waits for somebody to write into a pipe.
    rmSync(join(on.root, 'fake/neo4j'))
    spawnSync('mkfifo', [join(on.root, 'fake/neo4j')])
    const child = on.start('backup.sh')
    for (let tries = 0; tries < 200 && !on.calls().some((call) => call.includes('database dump')); tries++)
      await sleep(50)
    expect(on.running()).not.toContain('neo4j')
    child.kill('SIGTERM')
    writeFileSync(join(on.root, 'fake/neo4j'), 'node\n')
    const [code] = await once(child, 'exit')
    expect(code).toBe(143)
    expect(on.files()).toEqual([])
    expect(on.running()).toEqual(ALL)
  })
})

it('is refused at once where there is no room for as much as the last set had', () => {
  const path = join(on.backups, `manifest_${seeded(on, 1)}.json`)
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"bytes":\d+/, '"bytes":1e15'))
  const { code, output } = on.run('backup.sh')
  expect(code).toBe(1)
  expect(output).toMatch(/the last set has \d+ MB, and .* just \d+ MB free/)
  expect(on.calls()).toEqual([])
})

it('does not run twice at once: the second ends at once and names the first (F27)', async () => {
  const holder = spawnSync('bash', ['-c', `exec 9<>"$0/.operations.lock"; echo 'restore.sh, pid 7' >&9`, on.dir])
  expect(holder.status).toBe(0)
  const lock = on.env
  const child = spawnSync('flock', [join(on.dir, '.operations.lock'), 'bash', join(on.dir, 'scripts/backup.sh')], {
    env: lock,
    encoding: 'utf8',
  })
  expect(child.status).toBe(1)
  expect(child.stderr).toContain('refused: restore.sh, pid 7 is under way')
  expect(on.calls()).toEqual([])
  expect(on.run('backup.sh').code).toBe(0)
})

describe('old sets', () => {
  const make = (days: readonly number[]) => days.map((age) => seeded(on, age))

  it('go once a new one is verified, but for the newest; what is not ours stays', () => {
    const made = make([40, 30, 20, 8.5, 8])
    for (const name of ['postgres_20200101_000000.sql.gz', 'notes.txt', 'manifest_old.json'])
      writeFileSync(join(on.backups, name), '')
    expect(on.run('backup.sh').code).toBe(0)
    // Three are kept: the new one, and the two before it, old as they are.
    expect(on.sets().filter((date) => made.includes(date))).toEqual(made.slice(3))
    expect(on.files().filter((name) => name.includes(made[2] ?? ''))).toEqual([])
    expect(on.files()).toEqual(
      expect.arrayContaining(['postgres_20200101_000000.sql.gz', 'notes.txt', 'manifest_old.json']),
    )
  })

  it('stay while they are young, and while no new one is good', () => {
    const made = make([40, 30, 20, 10, 6, 5, 4])
    on.fail('database dump')
    expect(on.run('backup.sh').code).not.toBe(0)
    expect(on.sets()).toEqual(made)
    on.fail('')
    expect(on.run('backup.sh').code).toBe(0)
    expect(on.sets().filter((date) => made.includes(date))).toEqual(made.slice(4))
  })

  it('stay for ever where backups are not made any more', () => {
    const made = make([100, 90])
    on.fail('pg_dump')
    for (let day = 0; day < 3; day++) on.run('backup.sh')
    expect(on.sets()).toEqual(made)
  })
})

it('removes what a killed run has left', () => {
  writeFileSync(join(on.backups, 'postgres_20260101_030000.dump.partial'), 'half')
  writeFileSync(join(on.backups, 'somebody.partial'), 'else')
  expect(on.run('backup.sh').code).toBe(0)
  expect(on.files().filter((name) => name.endsWith('.partial'))).toEqual(['somebody.partial'])
})

it('tells who listens, with an address that is no argument', () => {
  const loud = stage({ heartbeat: new Secret('beat', 'https://beats.example/"canary-key') })
  expect(loud.run('backup.sh').code).toBe(0)
  expect(loud.got('heard')).toBe('url = "https://beats.example/\\"canary-key"\n')
  expect(loud.got('calls')).not.toContain('canary')
  loud.set('heard', '')
  loud.fail('pg_dump')
  loud.run('backup.sh')
  expect(loud.got('heard')).toBe('')
  loud.end()
})

it.each([
  'backup.sh',
  'restore.sh',
  'restore-test.sh',
  'deploy.sh',
  'import-data.sh',
])('%s has a help text', (script) => {
  const { code, output } = on.run(script, '--help')
  expect(code).toBe(0)
  expect(output).toMatch(new RegExp(`^Usage: ${script}`))
  expect(on.run(script, '--nonsense')).toMatchObject({ code: 64, output: expect.stringContaining('Usage: ') })
  expect(on.calls()).toEqual([])
})
