import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { candidate, http2 } from '../../tasks/nginx.ts'
import { type NginxSite, nginxSite } from '../../templates/nginx-site.ts'

const SITE: NginxSite = {
  domain: 'moja-dzialka.pl',
  cert: '/root/moja-dzialka/nginx/ssl/cloudflare-origin.pem',
  key: '/root/moja-dzialka/nginx/ssl/cloudflare-origin.key',
  http2: http2('1.24.0'),
  trusted: ['173.245.48.0/20', '2400:cb00::/32'],
  api: { rate: 10, burst: 20 },
  ws: { rate: 5, burst: 5 },
  apiTimeout: 120,
  maxBody: '25m',
  hsts: 63_072_000,
  grafana: { port: 3001, allow: ['198.51.100.0/24'] },
}

type Directive = readonly [name: string, ...args: (string | readonly Directive[])[]]

/** Reads a configuration as nginx does (ngx_conf_file.c): words, quotes and backslashes, `;`, `{`, `}` and comments. */
const parse = (text: string): readonly Directive[] => {
  let at = 0
  const word = (): string => {
    const quote = text[at] === '"' || text[at] === "'" ? (text[at++] ?? '') : ''
    let found = ''
    for (; quote === '' ? !/[\s;{]/.test(text[at] ?? ';') : text[at] !== quote; at += 1) {
      if (at >= text.length) throw new Error('a quote does not end')
      if (text[at] === '\\' && /["'\\]/.test(text[at + 1] ?? '')) at += 1
      found += text[at]
    }
    if (quote !== '') at += 1
    return found
  }
  const block = (depth: number): readonly Directive[] => {
    const all: Directive[] = []
    let words: (string | readonly Directive[])[] = []
    const end = () => {
      const [name, ...args] = words
      if (typeof name !== 'string') throw new Error(`nothing before ${text.slice(at, at + 20)}`)
      all.push([name, ...args])
      words = []
    }
    while (at < text.length) {
      const next = text[at] ?? ''
      if (/\s/.test(next)) at += 1
      else if (next === '#' && words.length === 0) at = text.indexOf('\n', at)
      else if (next === '}') {
        if (depth === 0 || words.length > 0) throw new Error('unexpected }')
        at += 1
        return all
      } else if (next === '{') {
        at += 1
        words.push(block(depth + 1))
        end()
      } else if (next === ';') {
        at += 1
        end()
      } else words.push(word())
    }
    if (depth > 0 || words.length > 0) throw new Error('unexpected end')
    return all
  }
  return block(0)
}

const blocksOf = (directive: Directive): readonly Directive[] =>
  directive.flatMap((arg) => (typeof arg === 'string' ? [] : arg))

/** Every level of a configuration, from the top. */
const levels = (all: readonly Directive[]): readonly (readonly Directive[])[] => [
  all,
  ...all.flatMap((directive) => (blocksOf(directive).length > 0 ? levels(blocksOf(directive)) : [])),
]

const all = (level: readonly Directive[], name: string) => level.filter(([first]) => first === name)

describe('the site', () => {
  it.each(['noble', 'bookworm', 'trixie'])('is, on %s:', (codename) => {
    expect(nginxSite({ ...SITE, http2: http2(candidate(codename) ?? '') })).toMatchSnapshot()
  })

  it('asks for a certificate of the client only where it is told whose', () => {
    expect(nginxSite(SITE)).not.toContain('ssl_verify_client')
    const servers = all(parse(nginxSite({ ...SITE, clientCa: '/ca.pem' })), 'server').map(blocksOf)
    const asking = servers.filter((server) => all(server, 'ssl_verify_client').length > 0)
    expect(asking.map((server) => all(server, 'server_name')[0]?.[1])).toEqual([
      'moja-dzialka.pl',
      'grafana.moja-dzialka.pl',
    ])
    for (const server of asking)
      expect(all(server, 'ssl_client_certificate')).toEqual([['ssl_client_certificate', '/ca.pem']])
  })

  it('says each header on every level that has one of its own, in every server, HSTS over TLS only', () => {
    const wanted = ['X-Frame-Options', 'X-Content-Type-Options', 'X-XSS-Protection', 'Referrer-Policy']
    const configuration = parse(nginxSite(SITE))
    const servers = all(configuration, 'server').map(blocksOf)
    expect(servers).toHaveLength(6)
    for (const server of servers) expect(all(server, 'server_tokens')).toEqual([['server_tokens', 'off']])
    const saying = levels(configuration).filter((level) => all(level, 'add_header').length > 0)
    expect(saying).toHaveLength(servers.length + 2)
    for (const level of saying) {
      const said = all(level, 'add_header').map(([, name]) => String(name))
      const proxied = all(level, 'proxy_pass').length + all(level, 'proxy_http_version').length > 0
      expect(said.filter((name) => name !== 'Cache-Control')).toEqual([
        ...wanted,
        ...(proxied ? ['Strict-Transport-Security'] : []),
      ])
      if (proxied) expect(all(level, 'proxy_hide_header').map(([, name]) => name)).toEqual(expect.arrayContaining(said))
    }
    expect(nginxSite({ ...SITE, hsts: 0 })).not.toContain('Strict-Transport-Security')
  })

  it('tells its own numbers on the loopback only, and nothing else there', () => {
    const servers = all(parse(nginxSite(SITE)), 'server').map(blocksOf)
    const telling = servers.filter((server) => JSON.stringify(server).includes('stub_status'))
    expect(telling.map((server) => all(server, 'listen'))).toEqual([[['listen', '127.0.0.1:8090']]])
    expect(telling.flatMap((server) => all(server, 'location')).map((location) => location.slice(1, -1))).toEqual([
      ['=', '/stub_status'],
      ['/'],
    ])
  })

  it('believes nobody where nobody is trusted', () => {
    expect(nginxSite({ ...SITE, trusted: [] })).not.toContain('real_ip')
  })

  it('has room for a long name', () => {
    expect(nginxSite(SITE)).not.toContain('server_names_hash_bucket_size')
    expect(nginxSite({ ...SITE, domain: `${'a'.repeat(60)}.example` })).toContain('server_names_hash_bucket_size')
  })

  it('lets no value out of its place', () => {
    const shape = (level: readonly Directive[]): unknown =>
      level.map((directive) => [directive[0], directive.length, shape(blocksOf(directive))])
    const plain = { ...SITE, clientCa: '/ca.pem' }
    const expected = shape(parse(nginxSite(plain)))
    const hostile = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", '\\', ';', '{', '}', '#', '\n', '$', 'é', '/') }),
    )
    let rendered = 0
    fc.assert(
      fc.property(
        fc.constantFrom('domain', 'cert', 'key', 'clientCa', 'maxBody', 'trusted', 'allow'),
        hostile,
        (field, value) => {
          const site =
            field === 'trusted'
              ? { ...plain, trusted: [value, '2400:cb00::/32'] }
              : field === 'allow'
                ? { ...plain, grafana: { ...plain.grafana, allow: [value] } }
                : { ...plain, [field]: value }
          let text: string
          try {
            text = nginxSite(site)
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError)
            return
          }
          rendered += 1
          const found = parse(text)
          expect(shape(found)).toEqual(expected)
          if (field === 'cert') expect(JSON.stringify(found)).toContain(JSON.stringify(['ssl_certificate', value]))
        },
      ),
    )
    expect(rendered).toBeGreaterThan(0)
  })
})
