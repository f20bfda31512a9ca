import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { appRepository, type Release } from '../sandbox/application.ts'
import { down, inventoryFile, ssh } from '../sandbox/index.ts'
import { images, startRegistry, stopRegistry } from '../sandbox/registry/index.ts'
import { holdsTo, mends, troubles } from './contract.ts'
import { grounded } from './ground.ts'
import { on } from './judge.ts'
import { cronMischief } from './mischief-cron.ts'
import { stackMischief } from './mischief-stack.ts'
import { type Told, trueup } from './trueup.ts'

// Several of these bring ten services up more than once.
vi.setConfig({ testTimeout: 900_000 })

const HOST = 'stack'
const DIR = '/root/moja-dzialka'
const GROUND = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx']
const RELEASES: Release[] = [{ version: '1' }, { version: '2', fault: 'unhealthy' }, { version: '3' }]

const compose = (command: string) =>
  on(HOST, `cd ${DIR} && COMPOSE_ENV_FILES=.env,.ref.env docker compose ${command} </dev/null`)
const sql = (text: string) => compose(`exec -T postgres psql -U app -d moja_dzialka -Atc "${text}"`)
const version = async () => (await on(HOST, 'curl -fsS -m 10 http://127.0.0.1:8000/health')).trim()

const containerOf = async (service: string) =>
  (await on(HOST, `docker ps -q --no-trunc --filter label=com.docker.compose.service=${service}`)).trim()
const DATABASES = ['postgres', 'neo4j', 'milvus', 'minio', 'etcd', 'redis', 'mongo']
const changed = ({ tasks }: Told) => tasks.filter(({ status }) => status === 'changed').map(({ task }) => task)

/** The sandbox's inventory with other variables of the role: a file beside it. */
const inventoryWith = async (more: object): Promise<string> => {
  const inventory = z
    .looseObject({ vars: z.looseObject({ 'compose-stack': z.looseObject({}) }) })
    .parse(parse(await readFile(inventoryFile, 'utf8')))
  const vars = { ...inventory.vars, 'compose-stack': { ...inventory.vars['compose-stack'], ...more } }
  const file = inventoryFile.replace(/\.yml$/, '-stack.yml')
  await writeFile(file, stringify({ ...inventory, vars }), { mode: 0o600 })
  return file
}

beforeAll(async () => {
  await grounded(HOST, GROUND)
  await images()
  await appRepository(HOST, RELEASES.slice(0, 1))
})
afterAll(() => down([HOST]))

describe('the application', () => {
  it('comes up on a host that has never had it, as foretold, with its jobs', async () => {
    const { dry, first, second } = await holdsTo(HOST, ['compose-stack', 'cron'])
    console.log(`${dry.tasks.length} tasks; first run: ${first.trips} trips; second: ${second.trips}`)
    const states = await compose("ps -a --format '{{.Service}} {{.State}} {{.Health}}'")
    console.log(states)
    expect(states.trim().split('\n')).toHaveLength(10)
    for (const line of states.trim().split('\n')) expect(line).toMatch(/ running (healthy|$)/)
    expect(await version()).toContain('"1"')
  })

  it('publishes nothing beyond loopback', async () => {
    const published = await on(HOST, "docker ps --format '{{.Ports}}'")
    expect(published).toContain('127.0.0.1:8000->8000/tcp')
    expect(published.match(/(0\.0\.0\.0|\[::\]):\d+->/g)).toBeNull()
  })

  it.each(stackMischief)('mend $name', async (one) => await mends(HOST, one))
  it.each(cronMischief)('mend $name of cron', async (one) => await mends(HOST, one))
})

describe('a release', () => {
  it('that is not healthy is taken back, with what it said', async () => {
    await appRepository(HOST, RELEASES.slice(0, 2))
    const { code, stdout, stderr } = await ssh(HOST, `${DIR}/scripts/deploy.sh`, { timeout: 600_000 })
    expect(code, stdout).toBe(1)
    expect(stdout + stderr).toMatch(/backend is running unhealthy; its last lines/)
    expect(await version()).toContain('"1"')
    const told = await trueup(HOST, ['compose-stack'])
    expect({ code: told.code, trips: told.trips }, troubles(told)).toEqual({ code: 0, trips: 1 })
  })

  it('that is deployed by hand stays', async () => {
    await appRepository(HOST, RELEASES)
    await on(HOST, `${DIR}/scripts/deploy.sh`)
    expect(await version()).toContain('"3"')
    const told = await trueup(HOST, ['compose-stack'])
    expect({ code: told.code, trips: told.trips }, troubles(told)).toEqual({ code: 0, trips: 1 })
    expect(await version()).toContain('"3"')
  })
})

describe('data', () => {
  it('that was backed up comes back after its volumes are gone', async () => {
    await sql('create table plots as select a, md5(a::text) as b from generate_series(1, 5000) a')
    await compose('exec -T redis redis-cli set plot 77')
    const sum = await sql("select md5(string_agg(b, '' order by a)) from plots")
    await on(HOST, `${DIR}/scripts/backup.sh`)
    const date = (await on(HOST, `ls ${DIR}/backups | sed -n 's/^manifest_\\(.*\\).json$/\\1/p' | tail -n 1`)).trim()
    await compose('down --volumes')
    const back = await trueup(HOST, ['compose-stack'])
    expect(back.code, troubles(back)).toBe(0)
    expect(await sql("select count(*) from pg_tables where tablename = 'plots'")).toBe('0\n')
    await on(HOST, `${DIR}/scripts/restore.sh --without-backup ${date}`)
    expect(await sql("select md5(string_agg(b, '' order by a)) from plots")).toBe(sum)
    expect(await compose('exec -T redis redis-cli get plot')).toContain('77')
    const told = await trueup(HOST, ['compose-stack'])
    expect({ code: told.code, trips: told.trips }, troubles(told)).toEqual({ code: 0, trips: 1 })
  })

  it('is not lost by a backup that fails: no part of a set stays, the others do, and services run', async () => {
    const before = await on(HOST, 'ls /root/backups')
    await compose('stop mongo')
    const { code } = await ssh(HOST, `${DIR}/scripts/backup.sh`, { timeout: 300_000 })
    expect(code).not.toBe(0)
    expect(await on(HOST, 'ls /root/backups')).toBe(before)
    const told = await trueup(HOST, ['compose-stack'])
    expect(told.tasks.filter(({ status }) => status === 'changed').map(({ task }) => task)).toEqual(['databases up'])
  })
})

describe('backups', () => {
  it('do not overlap', async () => {
    const twice = `${DIR}/scripts/backup.sh >/run/first 2>&1 & sleep 1
${DIR}/scripts/backup.sh >/run/second 2>&1; echo "second $?"; wait $!; echo "first $?"; cat /run/second`
    const told = await on(HOST, twice)
    expect(told).toMatch(/^second 1\nfirst 0\n/)
    expect(told).toContain('refused: backup.sh, pid')
  })

  it('that fill the disk leave nothing but the sets that were there', async () => {
    await on(HOST, 'mount -t tmpfs -o size=24m,mode=0700 tmpfs /root/backups')
    try {
      await on(HOST, `${DIR}/scripts/backup.sh`)
      const before = await on(HOST, 'cd /root/backups && sha256sum -- *')
      // More than what is left, so that it ends in the middle: the set before was small.
      await sql('create table big as select md5(a::text) || md5((a + 1)::text) as b from generate_series(1, 400000) a')
      await on(HOST, 'fallocate -l 20m /root/backups/.full')
      const { code, stdout, stderr } = await ssh(HOST, `${DIR}/scripts/backup.sh`, { timeout: 300_000 })
      console.log(stderr.split('\n').slice(-4).join('\n'))
      expect(code, stdout).not.toBe(0)
      expect(stderr).toMatch(/no space left/i)
      expect(await on(HOST, 'cd /root/backups && sha256sum -- *')).toBe(before)
      expect(await on(HOST, "find /root/backups -name '*.partial'")).toBe('')
    } finally {
      await sql('drop table if exists big')
      await on(HOST, 'umount /root/backups')
    }
    const told = await trueup(HOST, ['compose-stack'])
    expect({ code: told.code, trips: told.trips }, troubles(told)).toEqual({ code: 0, trips: 1 })
  })
})

describe('a registry', () => {
  const retag = 'docker tag redis:7.4 quay.io/coreos/etcd:v3.5.16'

  it('that is down for ten seconds is tried again', async () => {
    await on(HOST, retag)
    await stopRegistry()
    const back = sleep(10_000).then(startRegistry)
    const told = await trueup(HOST, ['compose-stack'])
    await back
    expect(told.code, troubles(told)).toBe(0)
    expect(changed(told)).toEqual(['databases up'])
  })

  it('that is down for good costs nobody a container', async () => {
    await on(HOST, retag)
    const before = await Promise.all([...DATABASES, 'backend'].map(containerOf))
    await stopRegistry()
    const told = await trueup(HOST, ['compose-stack'])
    await startRegistry()
    expect(told.code).toBe(1)
    expect(troubles(told)).toMatch(/trying again in 12 s/)
    expect(await Promise.all([...DATABASES, 'backend'].map(containerOf))).toEqual(before)
    expect(await version()).toContain('"3"')
    const again = await trueup(HOST, ['compose-stack'])
    expect(again.code, troubles(again)).toBe(0)
  })
})

describe('numbers', () => {
  it('of the description are what PostgreSQL, Redis and the merged configuration have (R46-R49, R57)', async () => {
    const told = await trueup(HOST, ['compose-stack'], '--inventory', await inventoryWith({ size: 'document' }))
    expect(told.code, troubles(told)).toBe(0)
    const shown = async (name: string) => (await sql(`show ${name}`)).trim()
    const names = ['shared_buffers', 'work_mem', 'maintenance_work_mem', 'effective_cache_size', 'max_connections']
    const values = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await shown(name)] as const)))
    console.log(values)
    expect(values).toEqual({
      shared_buffers: '2GB',
      work_mem: '256MB',
      maintenance_work_mem: '512MB',
      effective_cache_size: '4GB',
      max_connections: '40',
    })
    await compose('config -q')
    const merged = await compose('config --format json')
    const { services } = z
      .object({
        services: z.record(
          z.string(),
          z.object({ ports: z.array(z.object({ host_ip: z.string().optional() })).optional() }),
        ),
      })
      .parse(JSON.parse(merged))
    const open = Object.values(services).flatMap(({ ports = [] }) => ports.map(({ host_ip: ip }) => ip))
    expect(open.length).toBeGreaterThan(0)
    expect(new Set(open)).toEqual(new Set(['127.0.0.1']))
    const back = await trueup(HOST, ['compose-stack'])
    expect(back.code, troubles(back)).toBe(0)
  })
})

describe('a stack that somebody else has started', () => {
  it('is taken over with its data, and no database is made anew unless that is allowed', async () => {
    const rows = await sql('select count(*) from plots')
    expect(rows).toBe('5000\n')
    // As a person would have it: the same project and volumes, no labels of ours, files elsewhere.
    await on(
      HOST,
      `cd ${DIR} && export COMPOSE_ENV_FILES=.env,.ref.env && docker compose down </dev/null && cd / && mv ${DIR} /root/hand && cd /root/hand && rm -rf .last-good
sed -i '/trueup[.]/d; s/^ *labels:$/&  {}/' docker-compose.yml docker-compose.prod.yml && ln -s /root/hand ${DIR} && docker compose -p moja-dzialka up -d --wait --no-build </dev/null && rm ${DIR}`,
    )
    const before = await Promise.all(DATABASES.map(containerOf))
    const told = await trueup(HOST, ['base-ubuntu', 'compose-stack'])
    expect(told.code, troubles(told)).toBe(0)
    expect(await Promise.all(DATABASES.map(containerOf))).toEqual(before)
    expect(await sql('select count(*) from plots')).toBe(rows)
    const again = await trueup(HOST, ['compose-stack'])
    expect({ code: again.code, trips: again.trips }, troubles(again)).toEqual({ code: 0, trips: 1 })
    expect(again.warnings.join('\n')).toMatch(/adopt/)

    const adopting = await inventoryWith({ adopt: true })
    const adopted = await trueup(HOST, ['compose-stack'], '--inventory', adopting)
    expect(adopted.code, troubles(adopted)).toBe(0)
    expect(changed(adopted)).toEqual(['databases up'])
    expect(await sql('select count(*) from plots')).toBe(rows)
    const last = await trueup(HOST, ['compose-stack'])
    expect({ code: last.code, trips: last.trips }, troubles(last)).toEqual({ code: 0, trips: 1 })
  })
})
