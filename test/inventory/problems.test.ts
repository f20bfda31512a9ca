import { describe, expect, test } from 'vitest'
import { problemsOf, small } from './files.ts'

/** Line 3 is web1, its address is on line 4, what is tried begins on line 5. */
const host = (line: string) => small('', `    ${line}\n`)

const port = 'a port is a whole number from 1 to 65535'
const user = 'a user name is letters, digits, _ . and -, begins with a letter or _, and has at most 32 characters'
const hostKeys =
  'address, address6, port, user, first, identityFile, passphrase, proxyJump, hostKey, connection, become, connectTimeout, groups, vars, site'
const name = 'a name is letters, digits, . _ and -, and does not begin with -'
const jump = 'a jump host is [user@]host[:port], an IPv6 address in brackets'
const keyFile = "a key file is ~/…, an absolute path, or one relative to the inventory's folder"
const timeout = 'a timeout is a number of seconds, more than 0 and at most 600'
const hostKey = 'a host key is SHA256: and 43 characters, as ssh-keygen -lf shows it'

describe('a host', () => {
  test.each([
    ['prot: 22', `5:5  hosts.web1 has an unknown key "prot"; did you mean "port"? (allowed: ${hostKeys})`],
    [
      'identity_file: ~/k',
      `5:5  hosts.web1 has an unknown key "identity_file"; did you mean "identityFile"? (allowed: ${hostKeys})`,
    ],
    ['colour: red', `5:5  hosts.web1 has an unknown key "colour"; allowed: ${hostKeys}`],
    ['port: 0', `5:11  hosts.web1.port is 0; ${port}`],
    ['port: 65536', `5:11  hosts.web1.port is 65536; ${port}`],
    ['port: 22.5', `5:11  hosts.web1.port is 22.5; ${port}`],
    ['port: "22"', `5:11  hosts.web1.port is "22"; ${port}; write it without quotes`],
    ['port: ssh', `5:11  hosts.web1.port is "ssh"; ${port}`],
    ['port:', `5:5  hosts.web1.port is empty; ${port}`],
    ['port: [22]', `5:5  hosts.web1.port is a list; ${port}`],
    ['user: 1000', `5:11  hosts.web1.user is 1000; ${user}; quote it: '1000'`],
    ['user: 1.10', `5:11  hosts.web1.user is 1.10; ${user}; quote it: '1.10'`],
    ['user: -rf', `5:11  hosts.web1.user is "-rf"; ${user}`],
    ['user: "a b"', `5:11  hosts.web1.user is "a b"; ${user}`],
    ['user: !secret login', `5:11  hosts.web1.user is a secret; ${user}`],
    ['first: {}', '5:5  hosts.web1.first is wrong; give a port, a user, or both'],
    [
      'first: { prot: 1 }',
      '5:5  hosts.web1.first is wrong; give a port, a user, or both',
      '5:14  hosts.web1.first has an unknown key "prot"; did you mean "port"? (allowed: port, user)',
    ],
    ['first: { port: 0 }', `5:20  hosts.web1.first.port is 0; ${port}`],
    ['identityFile: ~bob/key', `5:19  hosts.web1.identityFile is "~bob/key"; ${keyFile}`],
    [
      'passphrase: hunter2',
      '5:17  hosts.web1.passphrase is plain text; a passphrase is !secret NAME, never plain text',
    ],
    ['proxyJump: a b', `5:16  hosts.web1.proxyJump is "a b"; ${jump}`],
    ['proxyJump: root@::1', `5:16  hosts.web1.proxyJump is "root@::1"; ${jump}`],
    ['proxyJump: gate:99999', `5:16  hosts.web1.proxyJump is "gate:99999"; ${jump}`],
    ['hostKey: MD5:aa', `5:14  hosts.web1.hostKey is "MD5:aa"; ${hostKey}`],
    ['connection: shh', '5:17  hosts.web1.connection is "shh"; did you mean "ssh"? (allowed: ssh, local)'],
    ['become: yes', '5:13  hosts.web1.become is "yes"; allowed: true or false, or a map'],
    ['become: { usr: x }', '5:15  hosts.web1.become has an unknown key "usr"; did you mean "user"? (allowed: user)'],
    ['connectTimeout: 10s', `5:21  hosts.web1.connectTimeout is "10s"; ${timeout}`],
    ['connectTimeout: -1', `5:21  hosts.web1.connectTimeout is -1; ${timeout}`],
    ['groups: web', '5:13  hosts.web1.groups is "web"; allowed: a list'],
    ['groups: [web, -x]', `5:19  hosts.web1.groups[1] is "-x"; ${name}`],
    [
      'groups: [all]',
      '5:14  every host is in "all" already; its vars are those at the top, a group needs another name',
    ],
    ['groups: [web1]', '5:14  "web1" is a host already; a group needs a name of its own'],
    ['vars: [ufw]', '5:5  hosts.web1.vars is a list; allowed: a map'],
    ['vars: { ufw: 1 }', '5:18  hosts.web1.vars.ufw is 1; allowed: a map'],
    [
      'site: { domian: a.b }',
      '5:13  hosts.web1.site has an unknown key "domian"; did you mean "domain"? (allowed: domain, project, dir)',
    ],
    [
      'mode: 0644',
      `5:5  hosts.web1 has an unknown key "mode"; allowed: ${hostKeys}`,
      "5:11  0644 is read as the number 644; quote it: '0644'",
    ],
  ])('%s', (line, ...expected) => {
    expect(problemsOf(host(line))).toEqual(expected.map((text) => `i.yml:${text}`))
  })
})

describe('an address', () => {
  const address = 'an address is an IPv4 or IPv6 address or a host name, without user, brackets or port'

  test.each([
    '192.0.2.1',
    '::1',
    '2001:db8::1',
    'fe80::1%eth0',
    'web1',
    'web1.example.org',
    'xn--dziaka-l0b.pl',
    '1and1.com',
  ])('%s is one', (text) => expect(problemsOf(small().replace('192.0.2.1', JSON.stringify(text)))).toEqual([]))
  test.each([
    '',
    '10.1',
    '010.0.0.1',
    '256.1.1.1',
    '1.2.3.4.5',
    '[::1]',
    'root@web1',
    'web1:22',
    'a_b',
    '-web',
    'web-',
    'a..b',
    'web1.',
    'a b',
    '$(touch /tmp/x)',
    '::1::',
    `${'a'.repeat(64)}.org`,
    `${'a.'.repeat(130)}org`,
    '*',
    'web\n1',
  ])('%j is none', (text) => {
    const shown = text.length > 60 ? `${JSON.stringify(text.slice(0, 60))}…` : JSON.stringify(text)
    expect(problemsOf(small().replace('192.0.2.1', JSON.stringify(text)))).toEqual([
      `i.yml:4:14  hosts.web1.address is ${shown}; ${address}`,
    ])
  })
  test('is text', () => {
    expect(problemsOf(small().replace('192.0.2.1', '10.1'))).toEqual([
      `i.yml:4:14  hosts.web1.address is 10.1; ${address}; quote it: '10.1'`,
    ])
  })
  test('is needed, but for a local connection', () => {
    const none = (rest: string) => problemsOf(small('', rest).replace(/ +address.*\n/, ''))
    expect(none('    port: 22\n')).toEqual([
      'i.yml:3:3  host web1 has no address; give its IPv4 address, IPv6 address or host name',
    ])
    expect(none('    connection: local\n')).toEqual([])
    expect(none('')).toEqual(['i.yml:3:3  host web1 has no address; give its IPv4 address, IPv6 address or host name'])
  })
})

describe('the file', () => {
  test.each([
    ['', '1:1  not an inventory; it begins with hosts:'],
    ['# nothing but a comment\n', '1:1  not an inventory; it begins with hosts:'],
    ['- a\n', '1:1  not an inventory; it begins with hosts:'],
    ['{}', '1:1  the inventory lacks hosts'],
  ])('%j', (text, expected) => {
    expect(problemsOf(text)).toContainEqual(
      expect.stringContaining(expected.replace('the inventory lacks hosts', 'hosts is missing; wanted:')),
    )
  })

  test.each([
    [
      'host:\n  web1: {}\n',
      '2:1  the inventory has an unknown key "host"; did you mean "hosts"? (allowed: site, hosts, groups, vars)',
    ],
    [
      'groups: { all: {} }\n',
      '2:11  every host is in "all" already; its vars are those at the top, a group needs another name',
    ],
    ['groups: { web1: {} }\n', '2:11  "web1" is a host already; a group needs a name of its own'],
    ['groups: { web: { hosts: [a] } }\n', '2:18  groups.web has an unknown key "hosts"; allowed: vars'],
    ['groups: { "a b": {} }\n', `2:11  groups["a b"] has a bad name; ${name}`],
    ['groups: [web]\n', '2:1  groups is a list; allowed: a map'],
    ['vars: { "a.b": 7 }\n', '2:16  vars["a.b"] is 7; allowed: a map'],
  ])('%j', (text, expected) => expect(problemsOf(small(text))).toEqual([`i.yml:${expected}`]))

  test.each([
    ['a name is no name', '  -web: { address: a }', `5:3  hosts.-web has a bad name; ${name}`],
    ['all', '  all: { address: a }', '5:3  a host cannot be called "all": that means every host'],
    ['twice', '  web1: { address: a }', '5:3  duplicate key "web1", already on line 3; keep one of them'],
  ])('a host whose name is wrong: %s', (_, line, expected) => {
    expect(problemsOf(`${small()}${line}\n`)).toEqual([`i.yml:${expected}`])
  })

  test('an empty map where lines were commented out is no problem', () => {
    const text = small(
      'groups:\n  web:\n  db:\n    vars:\nvars:\n  ufw:\n',
      '    groups: [web]\n    vars:\n      # ufw: {}\n    site:\n',
    )
    expect(problemsOf(text)).toEqual([])
    expect(problemsOf('hosts:\n')).toEqual([])
  })
})

describe('a site', () => {
  const host = 'hosts:\n  web1:\n    address: a.b\n'
  const where = 'allowed at the top (site:) or under a host'
  test.each([
    ['none', host, [`1:1  site lacks domain, project, dir; ${where}`]],
    ['a part', `site: { domain: a.b }\n${host}`, [`1:1  site lacks project, dir; ${where}`]],
    [
      'a part of two',
      `site: { domain: a.b }\n${host}    site: { dir: /x }\n`,
      [`5:5  the site of host web1 lacks project; ${where}`],
    ],
    ['all of it in two parts', `site: { domain: a.b }\n${host}    site: { dir: /x, project: x }\n`, []],
    ['all of it at the host', `${host}    site: { domain: a.b, dir: /x, project: x }\n`, []],
  ])('%s', (_, text, expected) => expect(problemsOf(text)).toEqual(expected.map((line) => `i.yml:${line}`)))

  test('lacks the same for two hosts, told once', () => {
    expect(problemsOf(`${host}  web2: { address: c.d }\n`)).toHaveLength(1)
  })

  const dir = 'a folder is an absolute path without . or .. and without / at its end'
  const project = 'a project is lower-case letters, digits, _ and -, and begins with a letter or digit'
  const domain = 'a domain is a host name such as moja-dzialka.pl'
  test.each([
    ['dir', 'srv', dir],
    ['dir', '/', dir],
    ['dir', '/srv/', dir],
    ['dir', '/srv//app', dir],
    ['dir', '/srv/../app', dir],
    ['dir', '/a/.', dir],
    ['dir', '~/app', dir],
    ['dir', '/a\nb', dir],
    ['project', 'App', project],
    ['project', '-x', project],
    ['project', '', project],
    ['domain', 'a b', domain],
    ['domain', 'https://a.b', domain],
    ['domain', '1.2.3.4', domain],
  ])('%s: %j', (key, value, rule) => {
    const quoted = JSON.stringify(value)
    expect(problemsOf(small('', `    site: { ${key}: ${quoted} }\n`))).toEqual([
      `i.yml:5:${15 + key.length}  hosts.web1.site.${key} is ${quoted}; ${rule}`,
    ])
  })
})

test('all problems are told at once, in the order of the file', () => {
  const text = `site: { domain: a.b, project: x, dir: /x }
hosts:
  b: { adress: 192.0.2.1 }
  a: { address: 192.0.2.1, port: 0, mode: 0o644 }
  a: {}
foo: !vault x
`
  expect(problemsOf(text).map((line) => line.replace(/;.*/, ''))).toEqual([
    'i.yml:3:3  host b has no address',
    'i.yml:3:8  hosts.b has an unknown key "adress"',
    'i.yml:4:34  hosts.a.port is 0',
    'i.yml:4:37  hosts.a has an unknown key "mode"',
    'i.yml:4:43  0o644 is read as the number 420',
    'i.yml:5:3  duplicate key "a", already on line 4',
    'i.yml:6:1  the inventory has an unknown key "foo"',
    'i.yml:6:6  unknown tag !vault',
  ])
})
