import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Declared, Drift, Task } from '../../lib/index.ts'
import * as nginx from '../../tasks/nginx.ts'
import { nothing } from '../found.ts'

const declared = (task: Task): Declared => {
  if (task.kind !== 'task') throw new Error(task.kind)
  return task
}
const command = (task: Task, drift: Partial<Drift> = {}): string =>
  String(declared(task).apply({ now: {}, changes: [], keys: [], ...drift }))
const provided = (task: Task, drift: Partial<Drift> = {}) => {
  const { provides = [] } = declared(task)
  const claims = typeof provides === 'function' ? provides({ now: {}, changes: [], keys: [], ...drift }) : provides
  return claims.map((claim) => [claim.probe.id, 'want' in claim ? claim.want : 'unsettled'])
}

describe('the version', () => {
  it.each([
    ['nginx version: nginx/1.24.0 (Ubuntu)\n', '1.24.0'],
    ['nginx version: nginx/1.22.1\n', '1.22.1'],
    ['', null],
  ])('is read of %j', (stdout, version) => {
    expect(nginx.version.family.parse(stdout, [''], nothing).get('')).toEqual({ version })
  })
  it('is not guessed', () => {
    expect(() => nginx.version.family.parse('whatever', [''], nothing)).toThrow('nginx -v printed')
  })
  it.each([
    ['1.18.0', 'ssl http2', ''],
    ['1.24.0', 'ssl http2', ''],
    ['1.25.0', 'ssl http2', ''],
    ['1.25.1', 'ssl', 'http2 on;'],
    ['1.26.3', 'ssl', 'http2 on;'],
    ['1.100.0', 'ssl', 'http2 on;'],
  ])('%s spells HTTP/2 “%s”', (version, listen, directive) => {
    expect(nginx.http2(version)).toEqual({ listen, directive })
  })
  it('is known for each distribution beforehand', () => {
    expect(['bookworm', 'noble', 'trixie', 'sid'].map(nginx.candidate)).toEqual([
      '1.22.1',
      '1.24.0',
      '1.26.3',
      undefined,
    ])
  })
})

describe('sites', () => {
  it('are what is in sites-enabled', () => {
    const state = nginx.sites.family.parse('default\0l\0/etc/nginx/sites-available/default\0a b\0f\0\0', [''], nothing)
    expect(state.get('')).toEqual({ default: '/etc/nginx/sites-available/default', 'a b': 'file' })
    expect(nginx.sites.family.parse('', [''], nothing).get('')).toEqual({})
  })

  it('have a file and a link, both judged by nginx', () => {
    expect(command(nginx.siteFile({ name: 'app', content: 'x' }))).toMatch(
      /^tu_put \/etc\/nginx\/sites-available\/app 0644 root root \/etc\/nginx 'nginx -q -t' ‹/,
    )
    const enabled = nginx.siteLink({ name: 'app' })
    expect(command(enabled)).toBe(
      "tu_link /etc/nginx/sites-enabled/app /etc/nginx/sites-available/app /etc/nginx 'nginx -q -t'",
    )
    expect(provided(enabled)).toEqual([['nginx.sites', { app: '/etc/nginx/sites-available/app' }]])
    const disabled = nginx.siteLink({ name: 'app', enabled: false })
    expect(command(disabled)).toBe("tu_remove /etc/nginx/sites-enabled/app /etc/nginx 'nginx -q -t'")
    expect(provided(disabled)).toEqual([['nginx.sites', { app: null }]])
    for (const task of [enabled, disabled, nginx.siteFile({ name: 'app', content: 'x' })])
      expect(declared(task).notifies).toBe(nginx.reload)
  })

  it('are changed as one', () => {
    const task = nginx.onlySites(['app'])
    expect(declared(task).want).toMatchObject({ exactly: true, want: { app: '/etc/nginx/sites-available/app' } })
    const changes = [
      { key: 'app', from: null, to: '/etc/nginx/sites-available/app' },
      { key: "it's", from: 'file', to: null },
    ]
    expect(command(task, { changes }).split('\n').at(-1)).toBe("tu_remove '/etc/nginx/sites-enabled/it'\\''s'")
    expect(command(task, { changes })).toContain('unshare -m')
    expect(provided(task, { changes }).map(([id]) => id)).toEqual([
      'path:/etc/nginx/sites-enabled/app',
      "path:/etc/nginx/sites-enabled/it's",
    ])
  })

  it.each(['', '../x', '.hidden', 'a b', 'a/b', '-x', 'x\n'])('cannot be named %j', (name) => {
    expect(() => nginx.siteLink({ name })).toThrow(TypeError)
    expect(() => nginx.onlySites([name])).toThrow(TypeError)
  })

  it('of a fresh package are foretold', () => {
    const facts = new Map(nginx.provided('noble').map((claim) => [claim.probe.id, 'want' in claim ? claim.want : null]))
    expect(facts.get('nginx.version')).toEqual({ version: '1.24.0' })
    expect(facts.get('nginx.sites')).toEqual({ default: '/etc/nginx/sites-available/default' })
    expect(nginx.provided('sid')[0]).toMatchObject({ unsettled: true })
  })
})

describe('what is changed', () => {
  const takeUp = nginx.takeUp({ name: 'example.org', cert: '/c.pem', script: Buffer.from('exit') })
  const before = '/run/trueup-nginx'

  it('is kept as it was, until the site has proven the change', () => {
    const change = nginx.siteLink({ name: 'app', notifies: takeUp })
    const undoable = nginx.undoable(change)
    expect(undoable).toMatchObject({ title: change.title, want: change.want, notifies: takeUp })
    expect(command(undoable)).toMatch(/^\{ \[ -d \/run\/trueup-nginx \] \|\| \{ .*cp -a \/etc\/nginx .* && \{ tu_link /)
    expect(String(takeUp.run)).toMatch(/^bash -s -- \/run\/trueup-nginx example\.org \/c\.pem ‹/)
  })

  it('and not taken up, because a run was cut off, is taken up by the next', () => {
    const task = declared(nginx.nothingLeft(takeUp))
    expect(task.want).toMatchObject({ probe: { id: `path:${before}` }, want: { type: null } })
    expect(task.notifies).toBe(takeUp)
  })

  it('by several steps cannot be taken back by one', () => {
    const steps = declared(nginx.siteLink({ name: 'app' }))
    expect(() => nginx.undoable({ ...steps, kind: 'run', run: async () => {} })).toThrow(TypeError)
  })
})

describe('files of others in conf.d', () => {
  it('are found, and told of', () => {
    expect(nginx.strays.family.parse('b.conf\0a b.conf\0', [''], nothing).get('')).toEqual({
      'b.conf': true,
      'a b.conf': true,
    })
    expect(nginx.strays.family.parse('', [''], nothing).get('')).toEqual({})
    if (nginx.noStrays.kind !== 'check') throw new Error('it only looks')
    expect(nginx.noStrays.say({ now: { 'b.conf': true, 'a.conf': true }, changes: [] })).toMatch(
      /^a\.conf, b\.conf in /,
    )
  })
})

/** nginx's own way with one parameter of a directive (ngx_conf_file.c, ngx_conf_read_token), `;` behind it. */
const readToken = (text: string): string[] => {
  const tokens: string[] = []
  let index = 0
  while (index < text.length) {
    const start = text[index] ?? ''
    if (/[ \t\n\r]/.test(start)) index += 1
    else if (start === ';') return tokens
    else if (start === '{' || start === '}' || start === '#') throw new Error(`unexpected ${start}`)
    else {
      const quoted = start === '"' || start === "'"
      let [token, at] = ['', index + (quoted ? 1 : 0)]
      while (quoted ? text[at] !== start : !/[ \t\n\r;{]/.test(text[at] ?? ';')) {
        if (at >= text.length) throw new Error('unterminated')
        const [one = '', next = ''] = [text[at], text[at + 1]]
        const escape = one === '\\' && '"\'\\'.includes(next)
        if (one === '\\' && 'trn'.includes(next) && next !== '') token += { t: '\t', r: '\r', n: '\n' }[next] ?? ''
        else token += escape ? next : one === '\\' ? one + next : one
        at += one === '\\' ? 2 : 1
      }
      index = at + (quoted ? 1 : 0)
      tokens.push(token)
    }
  }
  throw new Error('no end')
}

describe('words for nginx', () => {
  it('arrive as they are, or are refused', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom('a', ' ', '"', "'", '\\', ';', '{', '}', '#', 'n', '\n', '$', 'é', '\u{1f600}'),
      }),
    )
    fc.assert(
      fc.property(text, (value) => {
        const unholdable = /[\u0000-\u001f\u007f$]/.test(value)
        if (unholdable) expect(() => nginx.nginxQuote(value)).toThrow(TypeError)
        else expect(readToken(`${nginx.nginxQuote(value)};`)).toEqual([value])
      }),
    )
  })
  it('are variables where that is wanted', () => {
    expect(nginx.nginxQuote('$host', { variables: true })).toBe('$host')
    expect(nginx.nginxQuote('a $host', { variables: true })).toBe('"a $host"')
  })
  it.each(['', 'a b', 'a;', 'a{', 'a}', '"a"', "'", '$x', '#', '\\', 'a\n'])('is no plain word: %j', (value) => {
    expect(() => nginx.nginxWord(value)).toThrow(TypeError)
  })
  it('are left as they are where they are plain', () => {
    expect(nginx.nginxWord('/etc/nginx/ssl/a-b_c.pem')).toBe('/etc/nginx/ssl/a-b_c.pem')
    expect(nginx.nginxQuote('example.org')).toBe('example.org')
  })
})
