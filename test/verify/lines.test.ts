import { describe, expect, it } from 'vitest'
import type { HostFacts, Probe, Role, State, Verdict, Verification } from '../../lib/index.ts'
import { PASSWORDS } from '../../roles/compose-stack/vars.ts'
import { roles } from '../../roles/index.ts'
import { verifications } from '../../lib/runner/verify.ts'
import { SITE, TRIXIE } from '../roles/facts.ts'

const NEEDED: Readonly<Record<string, object>> = {
  'compose-stack': { env: Object.fromEntries(PASSWORDS.map((name) => [name, 'secret'])) },
  monitoring: { grafana: { password: 'secret' } },
}

const linesOf = (name: string, vars: object = {}, host: HostFacts = TRIXIE): readonly Verification[] => {
  const role: Role | undefined = roles.find((one) => one.name === name)
  if (role === undefined) throw new Error(`no role ${name}`)
  return verifications([{ role, vars: role.vars.parse({ ...NEEDED[name], ...vars }) }], SITE, host)
}

/** What a line says when each of its questions is answered with this state. */
const judged = (lines: readonly Verification[], title: string, state: State | ((probe: Probe) => State)): Verdict => {
  const line = lines.find((one) => one.title === title)
  if (line === undefined) throw new Error(`no line ${title} among ${lines.map((one) => one.title).join(', ')}`)
  return line.judge({ get: (probe) => ({ state: typeof state === 'function' ? state(probe) : state }) })
}

describe('the lines of the checklist', () => {
  it('have names of their own, on a host with every role', () => {
    const titles = roles.flatMap(({ name }) => linesOf(name)).map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
    expect(titles).toMatchSnapshot()
  })

  it('fail where a question could not be asked', () => {
    const [line] = linesOf('docker')
    expect(line?.judge({ get: () => ({ error: 'could not look at unit:docker.service: no answer in time' }) })).toEqual(
      {
        status: 'failed',
        detail: 'could not look at unit:docker.service: no answer in time',
      },
    )
  })

  const up = { active: true, enabled: true, disabled: false, masked: false, stale: false }
  it.each([
    ['up', up, 'ok', /running/],
    ['down', { ...up, active: false }, 'failed', /^not running; .*run --role docker/],
    ['dying', { ...up, active: 'activating' }, 'failed', /^activating/],
    ['masked', { ...up, active: false, masked: true }, 'failed', /^masked/],
    ['not enabled', { ...up, enabled: false }, 'failed', /not come up at boot/],
  ])('a service that is %s', (_, state, status, detail) => {
    const verdict = judged(linesOf('docker'), 'service docker', state)
    expect(verdict.detail).toMatch(detail)
    expect(verdict.status).toBe(status)
  })

  const pair = { sha256: 'x', matches: true, lasting: true, days: 90, expires: '2027-01-01', kind: 'EC', signed: true }
  const names = 'grafana.moja-dzialka.pl moja-dzialka.pl www.moja-dzialka.pl'
  it.each([
    ['good', { ...pair, names }, 'ok', /^90 days left/],
    ['a wildcard', { ...pair, names: '*.moja-dzialka.pl moja-dzialka.pl' }, 'ok', /^90 days left/],
    ['short', { ...pair, names, lasting: false, days: 5 }, 'failed', /^5 days left .* wanted are 30; run --role certs/],
    ['missing', { ...pair, names: null, sha256: null }, 'failed', /holds no certificate/],
    ["another key's", { ...pair, names, matches: false }, 'failed', /is not the key of/],
    ['for less', { ...pair, names: 'moja-dzialka.pl' }, 'failed', /not for www\.moja-dzialka\.pl, grafana/],
  ])('a certificate that is %s', (_, state, status, detail) => {
    const verdict = judged(linesOf('certs'), 'origin certificate', state)
    expect(verdict.detail).toMatch(detail)
    expect(verdict.status).toBe(status)
  })

  const answer = { code: 200, location: null, body: '', error: null }
  it.each([
    [200, {}, 'ok', /answered 200/],
    [502, {}, 'failed', /502 .*application does not answer/],
    [404, {}, 'failed', /404 .*error\.log/],
    [400, { originPulls: true }, 'unreachable', /originPulls/],
    [400, {}, 'failed', /400/],
  ])('health through nginx answered %i', (code, vars, status, detail) => {
    const verdict = judged(linesOf('nginx', vars), 'health through nginx', { ...answer, code })
    expect(verdict.detail).toMatch(detail)
    expect(verdict.status).toBe(status)
  })

  it('a web server that is not there', () => {
    const state = { ...answer, code: null, error: 'Failed to connect' }
    expect(judged(linesOf('nginx'), 'front end through nginx', state)).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('nothing answers https://moja-dzialka.pl/ on the host: Failed to connect'),
    })
    expect(judged(linesOf('nginx'), 'redirect to HTTPS on the host', state).status).toBe('failed')
  })

  it.each([
    [101, 'ok'],
    [403, 'ok'],
    [404, 'failed'],
    [502, 'failed'],
    [null, 'failed'],
  ])('a WebSocket answered %s', (code, status) => {
    const found = { code, status: `HTTP/1.1 ${code}` }
    expect(judged(linesOf('nginx'), 'WebSocket v2 through nginx', found).status).toBe(status)
  })

  const site = '/etc/nginx/sites-available/moja-dzialka'
  it.each<[State, string, RegExp]>([
    [{ 'moja-dzialka': site }, 'ok', /and no other/],
    [{}, 'failed', /is not linked/],
    [{ 'moja-dzialka': 'file' }, 'failed', /is not linked/],
    [{ 'moja-dzialka': site, default: 'x' }, 'failed', /others are enabled, too: default/],
  ])('sites %j', (state, status, detail) => {
    const verdict = judged(linesOf('nginx'), 'site enabled', state)
    expect(verdict.detail).toMatch(detail)
    expect(verdict.status).toBe(status)
  })

  it('a configuration that nginx refuses, in its own words', () => {
    expect(judged(linesOf('nginx'), 'nginx configuration', { complaint: null }).status).toBe('ok')
    expect(judged(linesOf('nginx'), 'nginx configuration', { complaint: 'unknown directive' }).detail).toMatch(
      /refuses it: unknown directive/,
    )
  })

  const healthy = Object.fromEntries(
    ['postgres', 'neo4j', 'etcd', 'minio', 'milvus', 'redis', 'mongo', 'backend', 'frontend'].map((name) => [
      name,
      'healthy',
    ]),
  )
  it('containers, by what they are for', () => {
    const lines = linesOf('compose-stack')
    const all = { ...healthy, 'celery-worker': 'running' }
    expect(judged(lines, 'databases up', all).status).toBe('ok')
    const application = judged(lines, 'application up', { ...all, backend: 'unhealthy', frontend: 'exited 137' })
    expect(application.detail).toMatch(/backend is unhealthy, frontend is exited 137/)
    expect(judged(lines, 'databases up', {}).detail).toMatch(/postgres is not there/)
  })

  it.each<[State, string, RegExp]>([
    [{ type: 'file', mode: '0600', owner: 'root' }, 'ok', /root's alone/],
    [{ type: 'file', mode: '0644', owner: 'root' }, 'failed', /is 0644 of root/],
    [{ type: null, mode: null, owner: null }, 'failed', /is missing/],
  ])('.env as %j', (state, status, detail) => {
    const verdict = judged(linesOf('compose-stack'), 'secrets in .env', state)
    expect(verdict.detail).toMatch(detail)
    expect(verdict.status).toBe(status)
  })

  it.each([
    ['file', {}, 'ok'],
    [null, {}, 'unreachable'],
    [null, { data: { import: 'once' } }, 'failed'],
  ])('data with stamp %s and %j', (type, vars, status) => {
    expect(judged(linesOf('compose-stack', vars), 'data imported', { type }).status).toBe(status)
  })

  const set = { date: '20261124_030000', ageHours: 5, bytes: 2 ** 20, broken: '', plannedHours: 500 }
  it.each<[string, State, object, string, RegExp]>([
    ['fresh', set, {}, 'ok', /^5\.0 hours old, 1\.0 MB/],
    ['old', { ...set, ageHours: 80 }, {}, 'failed', /^3 days old/],
    ['just too old', { ...set, ageHours: 26.1 }, {}, 'failed', /^26\.1 hours old/],
    ['cut short', { ...set, broken: 'mongo.gz' }, {}, 'failed', /mongo\.gz is missing or cut short/],
    ['missing', { ...set, date: null, ageHours: null }, {}, 'failed', /there is none/],
    ['not due yet', { ...set, date: null, ageHours: null, plannedHours: 1 }, {}, 'unreachable', /none yet/],
    ['nobody’s', { ...set, date: null, ageHours: null }, { backup: 'never' }, 'unreachable', /“never”/],
    ['never planned', { ...set, date: null, ageHours: null, plannedHours: null }, {}, 'failed', /there is none/],
  ])('a backup that is %s', (_, state, vars, status, detail) => {
    const verdict = judged(linesOf('cron', vars), 'newest backup', state)
    expect(verdict.detail).toMatch(detail)
    expect(verdict.status).toBe(status)
  })

  it.each<[State, string]>([
    [{ code: 0, when: 'today' }, 'ok'],
    [{ code: 1, when: 'today' }, 'failed'],
    [{ code: null, when: null }, 'unreachable'],
  ])('a backup job that ended as %j', (state, status) => {
    expect(judged(linesOf('cron'), 'backup run by cron', state).status).toBe(status)
  })

  const target = (job: string, health: string, lastError = '') => ({
    labels: { job },
    scrapeUrl: 'http://127.0.0.1:9100/metrics',
    lastError,
    health,
  })
  it.each([
    [[target('node', 'up'), target('loki', 'up')], 'ok', /^2 of 2: node, loki/],
    [[target('node', 'down', 'refused'), target('loki', 'up')], 'failed', /^node is down \(refused\)/],
    [[], 'failed', /watches nothing/],
  ])('targets %j', (activeTargets, status, detail) => {
    const body = JSON.stringify({ status: 'success', data: { activeTargets } })
    const verdict = judged(linesOf('monitoring'), 'monitoring targets up', { ...answer, body })
    expect(verdict.detail).toMatch(detail)
    expect(verdict.status).toBe(status)
  })

  it('no Prometheus at all', () => {
    const state = { ...answer, code: null, error: 'refused' }
    expect(judged(linesOf('monitoring'), 'monitoring targets up', state).detail).toBe(
      'Prometheus is answered refused at 127.0.0.1:9090; run --role monitoring',
    )
  })

  it.each([
    ['ubuntu', '24.04', 'ok'],
    ['debian', '13', 'ok'],
    ['debian', '11', 'failed'],
  ])('the operating system %s %s: %s', (id, version, status) => {
    expect(judged(linesOf('base-ubuntu'), 'operating system', { id, version }).status).toBe(status)
  })

  it('a machine with less than was promised, a full disk, and units that failed', () => {
    const base = linesOf('base-ubuntu', { promises: { cpus: 16 } })
    expect(judged(base, 'machine as promised', { enough: false, found: 2 }).detail).toMatch(/2 CPUs.* promises 16/)
    expect(judged(base, 'machine as promised', { enough: true, found: 16 }).status).toBe('ok')
    expect(judged(base, 'disk', { percent: 89, freeGb: 200 }).status).toBe('ok')
    expect(judged(base, 'disk', { percent: 90, freeGb: 20 }).status).toBe('failed')
    expect(judged(base, 'no failed units', { failed: '' }).status).toBe('ok')
    expect(judged(base, 'no failed units', { failed: 'fail2ban.service' }).detail).toMatch(/^fail2ban\.service/)
  })

  it('a firewall that is off, and one with a hole', () => {
    const off = { enabled: false, incoming: 'deny', routed: 'deny', ipv6: true, hasIpv6: true, kernel: 'off' }
    const ssh = { 'in from 0.0.0.0/0 to 0.0.0.0/0 port 22 proto tcp': 'allow' }
    const of = (state: State, rules: State) => (probe: Probe) => (probe.id === 'ufw:rules' ? rules : state)
    const lines = linesOf('ufw', { web: 'closed' })
    expect(judged(lines, 'firewall on', of(off, ssh))).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/run --role ufw$/),
    })
    expect(judged(lines, 'firewall on', of({ ...off, enabled: true, kernel: 'as stored' }, ssh)).status).toBe('ok')
    const hole = { ...ssh, 'in from 0.0.0.0/0 to 0.0.0.0/0 port 5432 proto tcp': 'allow' }
    expect(judged(lines, 'firewall opens what it should, and nothing else', of(off, hole)).detail).toMatch(/5432/)
  })
})
