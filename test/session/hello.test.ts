import { expect, test } from 'vitest'
import { parseHello } from '../../lib/session/hello.ts'

const answer = (over: Readonly<Record<string, string>> = {}) => {
  const facts = {
    os: 'ubuntu',
    version: '24.04',
    codename: 'noble',
    ssh: '198.51.100.9 50123 192.0.2.1 2222',
    memoryKb: '32768000',
    bootId: 'b00t',
    arch: 'amd64',
    cpus: '0-7,16-23',
    container: 'none',
    ...over,
  }
  return Object.entries(facts)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

test('reads the facts of a host', () => {
  expect(parseHello('web1', answer())).toEqual({
    name: 'web1',
    os: 'ubuntu',
    version: '24.04',
    codename: 'noble',
    arch: 'amd64',
    cpus: 16,
    memoryMb: 32000,
    bootId: 'b00t',
    container: false,
    sshPort: 2222,
    sshFrom: '198.51.100.9',
  })
})

test('knows a container, and a connection that is none', () => {
  expect(parseHello('web1', answer({ container: 'systemd-nspawn', ssh: '' }))).toMatchObject({
    container: true,
    sshPort: null,
    sshFrom: null,
  })
})

test('a host that does not say what it is, is none', () => {
  expect(() => parseHello('web1', 'motd')).toThrow()
  expect(() => parseHello('web1', answer({ cpus: 'many' }))).toThrow()
})

test('knows an sshd that has no socket', () => {
  const unknown = answer({ ssh: 'UNKNOWN 65535 UNKNOWN 65535' })
  expect(parseHello('web1', unknown)).toMatchObject({ sshPort: null, sshFrom: null })
})

test.each([
  '198.51.100.9',
  '198.51.100.9 50123 192.0.2.1 port',
  '198.51.100.9 50123 192.0.2.1 0x16',
  '198.51.100.9 50123 192.0.2.1 70000',
  '198.51.100.9 50123 192.0.2.1 ',
  'anywhere 50123 192.0.2.1 22',
  '198.51.100.9 50123 192.0.2.1 22 more',
])('does not make a connection of %j', (ssh) => {
  expect(() => parseHello('web1', answer({ ssh }))).toThrow()
})
