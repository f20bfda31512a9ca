import { describe, expect, test } from 'vitest'
import type { InventoryHost } from '../../inventory/host.ts'
import { folder, load, problemsOf, small } from './files.ts'

const host = (lines: string, env = {}): InventoryHost => {
  const found = load(small('', lines.replace(/^/gm, '    ').concat('\n')), env).hosts.get('web1')
  if (!found) throw new Error('no host')
  return found
}

test('a host has every default', () => {
  const { at, vars: _, ...rest } = host('port: 22')
  expect(rest).toEqual({
    name: 'web1',
    address: '192.0.2.1',
    port: 22,
    user: 'root',
    first: undefined,
    identityFile: undefined,
    proxyJump: undefined,
    hostKey: undefined,
    connection: 'ssh',
    become: undefined,
    connectTimeout: 10,
    groups: [],
    site: { domain: 'example.org', project: 'app', dir: '/srv/app' },
  })
  expect(at).toEqual({ file: `${folder}/i.yml`, line: 3, column: 3 })
})

describe('a host may say', () => {
  const key = `SHA256:${'a'.repeat(43)}`
  test.each<[string, Partial<InventoryHost>]>([
    ['port: 2222\nuser: deploy', { port: 2222, user: 'deploy' }],
    ['port: 2222\nfirst: { port: 22 }', { first: { port: 22, user: 'root' } }],
    ['port: 2222\nuser: deploy\nfirst: { user: root }', { first: { port: 2222, user: 'root' } }],
    ['become: true', { become: { user: 'root' } }],
    ['become: false', { become: undefined }],
    ['become: {}', { become: { user: 'root' } }],
    ['become: { user: app }', { become: { user: 'app' } }],
    ['connection: local', { connection: 'local', address: '192.0.2.1' }],
    ['connectTimeout: 0.5', { connectTimeout: 0.5 }],
    ['identityFile: ~/.ssh/id', { identityFile: '/home/me/.ssh/id' }],
    ['identityFile: keys/id', { identityFile: `${folder}/keys/id` }],
    ['identityFile: ../id', { identityFile: folder.replace(/[^/]+$/, 'id') }],
    ['identityFile: /etc/a b/id', { identityFile: '/etc/a b/id' }],
    [`hostKey: ${key}`, { hostKey: key }],
    ['proxyJump: gate', { proxyJump: 'gate' }],
    ['proxyJump: me@gate.example.org:2222', { proxyJump: 'me@gate.example.org:2222' }],
    ["proxyJump: 'me@[2001:db8::1]:22'", { proxyJump: 'me@[2001:db8::1]:22' }],
    ['site: { dir: /srv/other }', { site: { domain: 'example.org', project: 'app', dir: '/srv/other' } }],
  ])('%s', (lines, expected) => expect(host(lines, { HOME: '/home/me' })).toMatchObject(expected))

  test('local, and needs no address then', () => {
    const inventory = load(small('', '    connection: local\n').replace(/ +address.*\n/, ''))
    expect(inventory.hosts.get('web1')?.address).toBe('localhost')
  })
})

test('fields may come from an anchor, and from <<', () => {
  const text = `site: &site { domain: a.b, project: x, dir: /x }
hosts:
  web1: &web { address: a.b, port: 2222, groups: [web] }
  web2: { <<: *web, address: c.d, site: { <<: *site, dir: /y } }
`
  expect(load(text).hosts.get('web2')).toMatchObject({
    address: 'c.d',
    port: 2222,
    groups: ['web'],
    site: { dir: '/y' },
  })
  expect(problemsOf(text.replace('2222', '0'))).toEqual([
    'i.yml:3:36  hosts.web1.port is 0; a port is a whole number from 1 to 65535',
  ])
})

test('hosts and groups keep their order, whatever their names', () => {
  const inventory = load(
    'site: { domain: a.b, project: x, dir: /x }\nhosts:\n  b: { address: a.b, groups: [z, y] }\n  10: { address: a.b, groups: [y] }\n  a: { address: a.b }\n  9: { address: a.b }\n',
  )
  expect([...inventory.hosts.keys()]).toEqual(['b', '10', 'a', '9'])
  expect([...inventory.groups]).toEqual([
    ['z', ['b']],
    ['y', ['b', '10']],
  ])
})
