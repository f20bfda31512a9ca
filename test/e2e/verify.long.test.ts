import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { appRepository } from '../sandbox/application.ts'
import { diffManifest, down, inventoryFile, manifest } from '../sandbox/index.ts'
import { images } from '../sandbox/registry/index.ts'
import { troubles } from './contract.ts'
import { grounded } from './ground.ts'
import { on } from './judge.ts'
import { cli, trueup } from './trueup.ts'

const HOST = 'verify'
const DIR = '/root/moja-dzialka'
const SSL = `${DIR}/nginx/ssl`

const Check = z.object({
  event: z.literal('check'),
  host: z.string().optional(),
  check: z.string(),
  status: z.enum(['ok', 'failed', 'unreachable']),
  detail: z.string(),
})
const Summary = z.looseObject({
  event: z.literal('summary'),
  hosts: z.record(z.string(), z.looseObject({ trips: z.number() })),
})

const verify = async () => {
  const { code, stdout, stderr } = await cli(['verify', '--limit', HOST, '--json', '-i', inventoryFile])
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  const checks = lines.slice(0, -1).map((line) => Check.parse(line))
  const of = (status: string) => checks.filter((one) => one.status === status).map(({ check }) => check)
  const detail = (title: string) => checks.find(({ check }) => check === title)?.detail ?? ''
  return { code, stderr, checks, of, detail, trips: Summary.parse(lines.at(-1)).hosts[HOST]?.trips }
}

/** Monitoring is not set up on this host. */
const WITHOUT = ['monitoring targets up', 'Grafana', 'Loki']

const failures = async (): Promise<readonly string[]> => {
  const { of } = await verify()
  return of('failed').filter((title) => !WITHOUT.includes(title))
}

beforeAll(async () => {
  await grounded(HOST, ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx'])
  await images()
  await appRepository(HOST)
  const told = await trueup(HOST, ['compose-stack', 'cron'])
  expect(told.code, troubles(told)).toBe(0)
})
afterAll(() => down([HOST]))

describe('verify', () => {
  it('finds everything well on a host that was just provisioned and has a backup, and changes nothing', async () => {
    const early = await verify()
    expect(early.of('unreachable')).toEqual(expect.arrayContaining(['newest backup', 'backup run by cron', 'SSL Labs']))
    await on(HOST, `${DIR}/scripts/backup.sh`)
    const before = await manifest(HOST)
    const started = performance.now()
    const { of, trips, detail, checks } = await verify()
    console.log(`${checks.length} checks, ${trips} trip, ${Math.round(performance.now() - started)} ms`)
    expect(diffManifest(before, await manifest(HOST)), 'it changes nothing').toEqual([])
    expect(
      of('failed')
        .filter((title) => !WITHOUT.includes(title))
        .map((title) => `${title}: ${detail(title)}`),
    ).toEqual([])
    expect(trips).toBe(1)
    expect(detail('DNS of moja-dzialka.test')).toMatch(/^not reachable from here: /)
    for (const title of ['newest backup', 'WebSocket v1 through nginx', 'inner ports closed from here', 'databases up'])
      expect(of('ok')).toContain(title)
  })

  const THROUGH = [
    'redirect to HTTPS on the host',
    'health through nginx',
    'front end through nginx',
    'WebSocket v1 through nginx',
    'WebSocket v2 through nginx',
  ]
  const compose = `cd ${DIR} && COMPOSE_ENV_FILES=.env,.ref.env docker compose`
  it.each<{ what: string; breaks: string; mends: string; fails: readonly string[] }>([
    {
      what: 'nginx stopped',
      breaks: 'systemctl stop nginx',
      mends: 'systemctl start nginx',
      fails: ['service nginx', ...THROUGH],
    },
    {
      what: 'a worker stopped',
      breaks: `${compose} stop celery-worker </dev/null`,
      mends: `${compose} start celery-worker </dev/null`,
      fails: ['application up'],
    },
    {
      what: 'backups that are old',
      breaks: `cd /root/backups && mkdir /root/aside && for f in *_20*; do cp -p "$f" /root/aside/; new=$(sed -E 's/_20[0-9]{6}_/_20260101_/' <<<"$f"); mv "$f" "$new"; done && sed -i -E 's/_20[0-9]{6}_/_20260101_/' manifest_*`,
      mends: 'rm /root/backups/*_20260101_* && mv /root/aside/* /root/backups/',
      fails: ['newest backup'],
    },
    {
      what: 'a certificate of a few days',
      breaks: `cp -p ${SSL}/cloudflare-origin.pem /root/pem && openssl req -x509 -key ${SSL}/cloudflare-origin.key -days 5 -subj /CN=x -addext 'subjectAltName=DNS:moja-dzialka.test,DNS:*.moja-dzialka.test' -out ${SSL}/cloudflare-origin.pem`,
      mends: `mv /root/pem ${SSL}/cloudflare-origin.pem`,
      fails: ['origin certificate'],
    },
    {
      what: "cron's file removed",
      breaks: 'mv /etc/cron.d/moja-dzialka /root/jobs',
      mends: 'mv /root/jobs /etc/cron.d/moja-dzialka',
      fails: ['cron jobs'],
    },
    { what: 'ufw off', breaks: 'ufw --force disable', mends: 'ufw --force enable', fails: ['firewall on'] },
    {
      what: 'a hole in the firewall',
      breaks: 'ufw allow 5432/tcp',
      mends: 'ufw delete allow 5432/tcp',
      fails: ['firewall opens what it should, and nothing else'],
    },
    {
      what: 'passwords for all to read',
      breaks: `chmod 0644 ${DIR}/.env`,
      mends: `chmod 0600 ${DIR}/.env`,
      fails: ['secrets in .env'],
    },
    {
      what: 'a configuration that nginx would not start with',
      breaks: 'echo nonsense >/etc/nginx/conf.d/x.conf',
      mends: 'rm /etc/nginx/conf.d/x.conf',
      fails: ['nginx configuration'],
    },
  ])('$what: just what it is about fails', async ({ breaks, mends, fails }) => {
    await on(HOST, breaks)
    const found = await failures()
    await on(HOST, mends)
    expect(found).toEqual(fails)
  })

  it('finds everything well again, once all of it is mended', async () => {
    expect(await failures()).toEqual([])
  })
})
