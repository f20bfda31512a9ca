import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fingerprint,
  hashName,
  keyType,
  knownName,
  parseKnownHosts,
  speaksOf,
} from '../../lib/session/ssh/known-hosts.ts'

const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f'
const entry = (hosts: string) => {
  const [found] = parseKnownHosts(`${hosts} ssh-ed25519 ${KEY} a comment\n`, 'k')
  if (found === undefined) throw new Error(`not read: ${hosts}`)
  return found
}
const speaks = (hosts: string, name: string) => speaksOf(entry(hosts), name)

describe('parseKnownHosts', () => {
  test('reads entries and their markers, and skips the rest', () => {
    const text = [
      '# comment',
      '',
      `a,b ssh-ed25519 ${KEY}`,
      `@revoked * ssh-ed25519 ${KEY}`,
      `  @cert-authority *.example.org ssh-ed25519 ${KEY} ca`,
      `@unknown a ssh-ed25519 ${KEY}`,
      'a ssh-ed25519',
    ].join('\n')
    expect(parseKnownHosts(text, 'f').map(({ marker, hosts, where }) => [marker, hosts, where])).toEqual([
      [undefined, 'a,b', 'f:3'],
      ['revoked', '*', 'f:4'],
      ['cert-authority', '*.example.org', 'f:5'],
    ])
  })

  test('does not choke on anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) =>
        Array.isArray(parseKnownHosts(text, 'f')),
      ),
    )
  })
})

describe('speaksOf', () => {
  test('knows names, ports, wildcards and exceptions', () => {
    expect(speaks('web1,192.0.2.1', '192.0.2.1')).toBe(true)
    expect(speaks('web1', 'WEB1')).toBe(true)
    expect(speaks('web1', 'web10')).toBe(false)
    expect(speaks('web1', '[web1]:2222')).toBe(false)
    expect(speaks('[web1]:2222', '[web1]:2222')).toBe(true)
    expect(speaks('*.example.org,!bad.example.org', 'good.example.org')).toBe(true)
    expect(speaks('*.example.org,!bad.example.org', 'bad.example.org')).toBe(false)
    expect(speaks('web?', 'web1')).toBe(true)
    expect(speaks('web.', 'web1')).toBe(false)
  })

  test('takes every character of a plain name literally', () => {
    const name = fc.stringMatching(/^[a-z0-9.[\]:_-]{1,20}$/)
    fc.assert(fc.property(name, name, (a, b) => speaks(a, b) === (a === b)))
  })

  test('finds a hashed name, and only that', () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const name = knownName(host, port)
        expect(speaks(hashName(name), name)).toBe(true)
        expect(speaks(hashName(name), `x${name}`)).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  test('reads what ssh-keygen -H wrote', () => {
    expect(speaks('|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=', '192.168.1.61')).toBe(true)
  })
})

test('shows keys as OpenSSH does', () => {
  const { key } = entry('a')
  expect(keyType(key)).toBe('ssh-ed25519')
  expect(fingerprint(key)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/)
})
