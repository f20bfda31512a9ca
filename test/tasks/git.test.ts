import { describe, expect, it } from 'vitest'
import type { Declared, Drift, State } from '../../lib/index.ts'
import { checkout, checkoutAt } from '../../tasks/git.ts'
import { nothing } from '../found.ts'

const COMMIT = 'c57fc7f208460b46181bfc730c376d10e080e976'
const options = { url: 'git@github.com:owner/app.git', dir: '/srv/app', commit: COMMIT }
const command = (
  task: ReturnType<typeof checkout>,
  now: State = { changed: null },
  drift: Partial<Drift> = {},
): string => String((task as Declared).apply({ now, changes: [], keys: [], ...drift }))

describe('a checkout', () => {
  const { family } = checkoutAt('/x')
  /** As git 2.47 (Debian 13) printed it. */
  const clean = `# branch.oid ${COMMIT}\n# branch.head (detached)`
  const dirty = `${clean}
1 .M N... 100644 100644 100644 f719efd430d52bcfc8566a43b2eb655688d38871 f719efd430d52bcfc8566a43b2eb655688d38871 a
1 .D N... 100644 100644 000000 587be6b4c3f93f93c489c0111bba5596147a26cb 587be6b4c3f93f93c489c0111bba5596147a26cb b c
2 R. N... 100644 100644 100644 587be6b4c3f93f93c489c0111bba5596147a26cb 587be6b4c3f93f93c489c0111bba5596147a26cb R100 new name\told name
u UU N... 100644 100644 100644 100644 f719efd430d52bcfc8566a43b2eb655688d38871 f719efd430d52bcfc8566a43b2eb655688d38871 f719efd430d52bcfc8566a43b2eb655688d38871 both`
  const parse = (...fields: string[]) =>
    family.parse(fields.map((field) => `${field}\0`).join(''), ['/srv/app'], nothing).get('/srv/app')

  it('tells its commit, its origin and what was changed by hand', () => {
    expect(parse('/srv/app', 'repository', clean, '/srv/bare')).toEqual({
      commit: COMMIT,
      origin: '/srv/bare',
      changed: null,
    })
    expect(parse('/srv/app', 'repository', dirty, 'https://x/y')).toEqual({
      commit: COMMIT,
      origin: 'https://x/y',
      changed: 'a, b c, new name, both',
    })
    expect(parse('/srv/app', 'repository', '# branch.oid (initial)\n# branch.head main', '')).toEqual({
      commit: null,
      origin: null,
      changed: null,
    })
  })
  it.each([
    ['https://user:pass@host/x', 'https://‹…›@host/x'],
    ['https://token@host/x', 'https://‹…›@host/x'],
    ['HTTP://u:p@ss:@host:80/x@y', 'HTTP://‹…›@host:80/x@y'],
    ['ssh://git:pass@host/x', 'ssh://‹…›@host/x'],
    ['ssh://git@host:2222/x', 'ssh://git@host:2222/x'],
    ['https://host/a:b@c', 'https://host/a:b@c'],
    ['git@host:x', 'git@host:x'],
  ])('does not repeat what %s logs in with', (origin, shown) => {
    expect(parse('/srv/app', 'repository', clean, origin)).toMatchObject({ origin: shown })
  })
  it('is absent, or cannot be looked at: never the one for the other', () => {
    expect(parse('/srv/app', 'none', '', '')).toEqual({ commit: null, origin: null, changed: null })
    expect(family.parse('', ['/srv/app'], nothing).get('/srv/app')).toEqual({
      commit: null,
      origin: null,
      changed: null,
    })
    expect(parse('/srv/app', 'error', 'fatal: not a git repository', '')).toEqual(
      new Error('fatal: not a git repository'),
    )
  })

  it('logs in with the key that it is given, and to nobody unknown', () => {
    const text = command(checkout({ ...options, key: "/root/.ssh/it's", knownHosts: '/root/known' }))
    expect(text).toContain('StrictHostKeyChecking=yes')
    expect(text).toContain(`-i '\\''/root/.ssh/it'\\''\\'\\'''\\''s'\\'' -o UserKnownHostsFile=/root/known`)
  })

  it('throws nothing away', () => {
    expect(command(checkout(options), { changed: 'a, b' })).toBe(
      "echo '/srv/app has changes made by hand, which are kept: a, b' >&2; exit 1",
    )
    expect(command(checkout(options))).not.toMatch(/--force|reset --hard|clean/)
  })

  it.each([
    { commit: 'main' },
    { commit: COMMIT.slice(0, 12) },
    { commit: `--upload-pack=x${COMMIT.slice(15)}` },
    { url: '--upload-pack=touch /tmp/x' },
    { url: 'ext::sh -c id' },
    { url: 'https://user:password@host/x' },
    { url: 'https://token@host/x' },
    { url: 'ssh://git:password@host/x' },
    { url: 'ssh://-oProxyCommand=x/y' },
    { url: '-o@host:x' },
    { url: 'a@-oProxyCommand=x:y' },
    { url: 'relative/path' },
    { dir: 'relative' },
    { dir: '/srv/app/' },
    { dir: '/srv/a\nb' },
    { key: 'relative' },
  ])('refuses %j', (wrong) => {
    expect(() => command(checkout({ ...options, ...wrong }))).toThrow(TypeError)
  })

  it.each([
    'https://github.com/a/b.git',
    'ssh://git@host:2222/a b'.replace(' ', '%20'),
    'git@host:a/b.git',
    '/srv/bare repo',
  ])('takes %s', (url) => {
    expect(() => checkout({ ...options, url })).not.toThrow()
  })
})
