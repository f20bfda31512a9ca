import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { sha256 } from '../../lib/index.ts'
import { type ScriptSettings, scriptSettings } from '../../templates/scripts.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** How a script ended. */
export interface Ended {
  readonly code: number | null
  readonly output: string
}

/** The four stores' content: rows, nodes, documents and keys. */
export const CONTENT = {
  postgres: ['COPY public.parcels (id) FROM stdin;', '1', '2', '3', '\\.', ''].join('\n'),
  neo4j: 'node\n'.repeat(4),
  mongo: 'document\n'.repeat(5),
  redis: 'key\n'.repeat(6),
}

/**
 * A folder as on a host, with the scripts and an engine that is played (fake/docker): its stores are text files, and
 * `fail` is a regular expression for what it is to fail at.
 */
export const stage = (settings: Partial<ScriptSettings> = {}) => {
  const root = mkdtempSync(join(tmpdir(), 'trueup-scripts-'))
  const [dir, fake, backups, metrics] = ['dir', 'fake', 'backups', 'metrics'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ]
  for (const path of [dir, join(fake, 'pg'), backups, metrics]) mkdirSync(path, { recursive: true })
  cpSync(here('../../files/scripts'), join(dir, 'scripts'), { recursive: true })
  for (const name of readdirSync(join(dir, 'scripts'))) chmodSync(join(dir, 'scripts', name), 0o755)
  const text = scriptSettings({
    project: 'moja-dzialka',
    dir,
    backupDir: backups,
    metricsDir: metrics,
    wait: 2,
    ...settings,
  })
  writeFileSync(join(dir, 'scripts/settings.env'), typeof text === 'string' ? text : text.reveal())
  writeFileSync(join(dir, '.env'), 'POSTGRES_PASSWORD=canary-password\n')

  const set = (name: string, content: string) => writeFileSync(join(fake, name), content)
  const got = (name: string) => (existsSync(join(fake, name)) ? readFileSync(join(fake, name), 'utf8') : '')
  set('pg/moja_dzialka', CONTENT.postgres)
  for (const name of ['neo4j', 'mongo', 'redis'] as const) set(name, CONTENT[name])
  set('lastsave', '1000\n')
  set('running', 'postgres\nneo4j\nmongo\nredis\nmilvus\nbackend\ncelery-worker\nfrontend\n')
  set('tags', '')

  const env = { PATH: `${here('fake')}:/usr/sbin:/usr/bin:/sbin:/bin`, FAKE: fake, HOME: root, LC_ALL: 'C.UTF-8' }
  const words = (script: string, args: readonly string[]) => [join(dir, 'scripts', script), ...args]
  return {
    root,
    dir,
    backups,
    metrics,
    env,
    set,
    got,
    fail: (pattern: string) => set('fail', pattern),
    calls: () => got('calls').split('\n').filter(Boolean),
    running: () => got('running').split('\n').filter(Boolean).sort(),
    /** What is in the folder for backups, and in the one for metrics. */
    files: () => readdirSync(backups).sort(),
    told: () => readdirSync(metrics).sort(),
    /** Dates of complete sets, oldest first. */
    sets: () =>
      readdirSync(backups)
        .flatMap((name) => /^manifest_(.+)\.json$/.exec(name)?.[1] ?? [])
        .sort(),
    run: (script: string, ...args: string[]): Ended => {
      const { status, stdout, stderr } = spawnSync('bash', words(script, args), { env, encoding: 'utf8' })
      return { code: status, output: `${stdout}${stderr}` }
    },
    start: (script: string, ...args: string[]) =>
      spawn('bash', words(script, args), { env, stdio: ['ignore', 'ignore', 'ignore'] }),
    end: () => rmSync(root, { recursive: true, force: true }),
  }
}

export type Stage = ReturnType<typeof stage>

const pad = (value: number) => String(value).padStart(2, '0')

/** A complete set as backup.sh would have made it days ago, by its name and its files' times. */
export const seeded = (stage: Stage, days: number): string => {
  const when = new Date(Date.now() - days * 86_400_000)
  const date = `${when.getFullYear()}${pad(when.getMonth() + 1)}${pad(when.getDate())}_${pad(when.getHours())}${pad(when.getMinutes())}${pad(when.getSeconds())}`
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(stage.backups, name), content)
    utimesSync(join(stage.backups, name), when, when)
  }
  const file = (kind: string, name: string, content: string | Buffer, counts: Record<string, number>) => {
    write(name, content)
    return { kind, name, bytes: Buffer.byteLength(content), sha256: sha256(content), counts }
  }
  const files = [
    file('postgres', `postgres_${date}.dump`, `PGDMP\n${CONTENT.postgres}`, { 'public.parcels': 3 }),
    file('neo4j', `neo4j_${date}.dump.gz`, gzipSync(CONTENT.neo4j), { nodes: 4, relationships: 0 }),
    file('mongo', `mongo_${date}.archive.gz`, gzipSync(CONTENT.mongo), { 'moja_dzialka.parcels': 5 }),
    file('redis', `redis_${date}.rdb`, `REDIS0011\n${CONTENT.redis}`, { keys: 6, expiring: 0 }),
  ]
  write(`manifest_${date}.json`, JSON.stringify({ version: 1, date, project: 'moja-dzialka', files }))
  return date
}
