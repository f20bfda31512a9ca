import { describe, expect, it } from 'vitest'
import { NotFromHere, type Visit, type World } from '../../lib/index.ts'
import { askOutside } from '../../lib/runner/verify.ts'
import { outside } from '../../roles/outside.ts'
import { SITE } from '../roles/facts.ts'

const EDGE = ['104.16.1.1', '2606:4700::1']
const days = (count: number) => new Date(Date.now() + count * 86_400_000)
const tls = { protocol: 'TLSv1.3', issuer: 'Google Trust Services', expires: days(60) }
const answered = (code: number, headers: Record<string, string> = {}): Visit => ({ code, headers, tls })

/** A world in which everything is as it should be. */
const GOOD: World = {
  resolve: async () => EDGE,
  visit: async (url, { upgrade = false } = {}) => {
    if (upgrade) return answered(101)
    if (url.startsWith('http:')) return answered(301, { location: `${url.replace('http:', 'https:')}` })
    return answered(200, { 'cf-ray': 'x' })
  },
  handshake: async (_, version) => version === 'TLSv1.2' || version === 'TLSv1.3',
  connects: async () => false,
}

const HOSTS = [{ name: 'web1', address: '77.42.86.222' }]

const ask = async (title: string, world: Partial<World>, hosts: typeof HOSTS | { name: string }[] = HOSTS) => {
  const line = outside({ site: SITE, hosts }).find((one) => one.title === title)
  if (line === undefined) throw new Error(`no line ${title}`)
  return await askOutside(line, { ...GOOD, ...world })
}

describe('asked from outside', () => {
  it('all is well where it is, but for what only a person can judge', async () => {
    const events = await Promise.all(outside({ site: SITE, hosts: HOSTS }).map((line) => askOutside(line, GOOD)))
    const of = (status: string) => events.filter((event) => event.status === status).map(({ check }) => check)
    expect(of('failed')).toEqual([])
    expect(of('ok')).toEqual([
      'inner ports closed from here',
      'DNS of moja-dzialka.pl',
      'DNS of www.moja-dzialka.pl',
      'DNS of grafana.moja-dzialka.pl',
      'health through Cloudflare',
      'certificate that visitors see',
      'Always Use HTTPS',
      'minimum TLS 1.2',
      'WebSocket through Cloudflare',
    ])
    expect(of('unreachable')).toEqual([
      'SSL Labs',
      'conversation with the agent',
      'Cloudflare: SSL mode',
      'Cloudflare: WAF',
      'Cloudflare: Bot Fight Mode',
      'Cloudflare: Challenge Passage',
    ])
    expect(events[0]).toMatchObject({ event: 'check', host: 'web1' })
    expect(events[1]).not.toHaveProperty('host')
  })

  it('nothing fails where nothing can be seen', async () => {
    const blind = async (): Promise<never> => {
      throw new NotFromHere('ENETUNREACH')
    }
    const world = { resolve: blind, visit: blind, handshake: blind, connects: blind }
    const events = await Promise.all(outside({ site: SITE, hosts: HOSTS }).map((line) => askOutside(line, world)))
    expect(new Set(events.map(({ status }) => status))).toEqual(new Set(['unreachable']))
    expect(events[1]?.detail).toBe('not reachable from here: ENETUNREACH')
  })

  const dns = 'DNS of moja-dzialka.pl'
  const health = 'health through Cloudflare'
  const seen = 'certificate that visitors see'
  it.each<[string, string, Partial<World>, string, RegExp]>([
    ['no record', dns, { resolve: async () => [] }, 'failed', /there is no moja-dzialka\.pl; add the record/],
    ['a record past the edge', dns, { resolve: async () => ['77.42.86.222'] }, 'failed', /is web1 itself: .*Proxied/],
    ['a record of somebody', dns, { resolve: async () => [...EDGE, '192.0.2.1'] }, 'failed', /is not Cloudflare's/],
    ['an origin that is down', health, { visit: async () => answered(521) }, 'failed', /521: the origin refuses/],
    ['a private CA', health, { visit: async () => answered(526) }, 'failed', /526: .*certs\.source: given/],
    ['no edge', health, { visit: async () => answered(200) }, 'failed', /not by Cloudflare's edge/],
    [
      'a challenge',
      health,
      { visit: async () => answered(403, { 'cf-mitigated': 'challenge' }) },
      'unreachable',
      /Bot Fight Mode/,
    ],
    [
      'a short certificate',
      seen,
      { visit: async () => ({ ...answered(200), tls: { ...tls, expires: days(13.5) } }) },
      'failed',
      /13 days left/,
    ],
    [
      'a certificate for others',
      seen,
      { visit: () => Promise.reject(new Error('ERR_TLS_CERT_ALTNAME_INVALID')) },
      'failed',
      /ALTNAME/,
    ],
    ['no redirect', 'Always Use HTTPS', { visit: async () => answered(200) }, 'failed', /answered 200/],
    ['TLS 1.0', 'minimum TLS 1.2', { handshake: async () => true }, 'failed', /^TLSv1, TLSv1\.1 is spoken/],
    ['no TLS', 'minimum TLS 1.2', { handshake: async () => false }, 'failed', /neither/],
    ['no WebSocket', 'WebSocket through Cloudflare', { visit: async () => answered(404) }, 'failed', /answered 404/],
    [
      'a WebSocket for known people only',
      'WebSocket through Cloudflare',
      { visit: async () => answered(403) },
      'ok',
      /refuses strangers/,
    ],
    [
      'open databases',
      'inner ports closed from here',
      { connects: async (_, port) => [5432, 9090].includes(port) },
      'failed',
      /^5432, 9090 at 77\.42\.86\.222/,
    ],
  ])('where there is %s', async (_, title, world, status, detail) => {
    const event = await ask(title, world)
    expect(event.detail).toMatch(detail)
    expect(event.status).toBe(status)
  })

  it('a host that nobody reaches directly is not called closed', async () => {
    expect(await ask('inner ports closed from here', {}, [{ name: 'web1' }])).toMatchObject({ status: 'unreachable' })
  })
})
