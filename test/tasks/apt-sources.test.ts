import { describe, expect, it } from 'vitest'
import { securitySource } from '../../tasks/apt-sources.ts'
import { nothing } from '../found.ts'

const FILES: [name: string, text: string, read: boolean][] = [
  ['a list', 'deb [arch=amd64 signed-by=/k.gpg] http://mirror/debian noble-security main\n\0', true],
  ['a list of its pockets', 'deb http://mirror/debian-security noble-security/updates main\n\0', true],
  ['a commented line', '# deb http://mirror/ubuntu noble-security main\n\0', false],
  ['sources only', 'deb-src http://mirror/ubuntu noble-security main\n\0', false],
  [
    'a stanza',
    'Types: deb\nURIs: http://mirror/ubuntu\nSuites: noble noble-updates noble-security\nComponents: main\n\0',
    true,
  ],
  ['a stanza over several lines', 'Types: deb\nSuites: noble\n noble-security\nComponents: main\n\0', true],
  ['a stanza that is off', 'Enabled: no\nTypes: deb\nSuites: noble-security\n\0', false],
  ['another stanza that is off', 'Enabled: no\nSuites: noble\n\nTypes: deb\nSuites: noble-security\n\0', true],
  ['a second file', 'deb http://mirror/ubuntu noble main\n\0Types: deb\nSuites: noble-security\n\0', true],
  ['another release', 'deb http://mirror/ubuntu jammy-security main\n\0', false],
  ['nothing', '', false],
]

describe('the source of security updates', () => {
  it.each(FILES)('in %s', (_, text, read) => {
    const { probe } = securitySource('noble').want
    expect(probe.family.parse(text, ['noble-security'], nothing).get('noble-security')).toEqual({ read })
  })
})
