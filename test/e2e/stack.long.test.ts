import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appRepository, type Release } from '../sandbox/application.ts'
import { down, reset, ssh, up } from '../sandbox/index.ts'
import { images } from '../sandbox/registry/index.ts'
import { holdsTo, mends, troubles } from './contract.ts'
import { on } from './judge.ts'
import { cronMischief } from './mischief-cron.ts'
import { stackMischief } from './mischief-stack.ts'
import { trueup } from './trueup.ts'

const HOST = 'stack'
const DIR = '/root/moja-dzialka'
const GROUND = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx']
const RELEASES: Release[] = [{ version: '1' }, { version: '2', fault: 'unhealthy' }, { version: '3' }]

const compose = (command: string) =>
  on(HOST, `cd ${DIR} && COMPOSE_ENV_FILES=.env,.ref.env docker compose ${command} </dev/null`)
const sql = (text: string) => compose(`exec -T postgres psql -U app -d moja_dzialka -Atc "${text}"`)
const version = async () => (await on(HOST, 'curl -fsS -m 10 http://127.0.0.1:8000/health')).trim()

beforeAll(async () => {
  await up([HOST])
  await reset([HOST])
  await images()
  await appRepository(HOST, RELEASES.slice(0, 1))
  const told = await trueup(HOST, GROUND)
  expect(told.code, troubles(told)).toBe(0)
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
