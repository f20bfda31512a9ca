import { expect, it } from 'vitest'
import { archivePath, sourceLines } from './aptcache.ts'
import { archivesOf, parseSources } from './sources.ts'

const DEB822 = `# the archive
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://src.example/debian
Suites: bookworm
Components: main
`

const ONE_LINE = `
# deb http://commented.example/ubuntu noble main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/ubuntu noble main universe
deb http://mirror.example/ubuntu/ noble-updates main universe
deb-src http://mirror.example/ubuntu noble main
deb https://vendor.example/tool nodistro main
`

it('reads deb822 sources: binary, enabled, with continued fields', () => {
  expect(parseSources(DEB822, true)).toEqual([
    {
      uri: 'http://mirror.example/debian/',
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib'],
    },
    { uri: 'http://mirror.example/debian-security', suites: ['bookworm-security'], components: ['main'] },
  ])
})

it('reads one-line sources', () => {
  expect(parseSources(ONE_LINE, false).map(({ uri, suites }) => `${uri} ${suites.join(' ')}`)).toEqual([
    'http://mirror.example/ubuntu noble',
    'http://mirror.example/ubuntu/ noble-updates',
    'https://vendor.example/tool nodistro',
  ])
})

it('keeps the archives of the release, and their suites as suffixes', () => {
  expect(archivesOf(parseSources(DEB822, true), 'bookworm')).toEqual([
    { uri: 'http://mirror.example/debian', suffixes: ['', '-updates'], components: ['main', 'contrib'] },
    { uri: 'http://mirror.example/debian-security', suffixes: ['-security'], components: ['main'] },
  ])
  expect(archivesOf(parseSources(ONE_LINE, false), 'noble')).toEqual([
    { uri: 'http://mirror.example/ubuntu', suffixes: ['', '-updates'], components: ['main', 'universe'] },
  ])
})

it('says when no source carries the release', () => {
  expect(() => archivesOf(parseSources(DEB822, true), 'sid')).toThrow('no apt source of this machine carries sid')
})

it('writes the same archives for another release, through the cache', () => {
  const archives = archivesOf(parseSources(DEB822, true), 'bookworm')
  expect(sourceLines(archives, 'trixie', '10.77.9.1')).toEqual([
    'deb http://10.77.9.1:3177/debian trixie main contrib',
    'deb http://10.77.9.1:3177/debian trixie-updates main contrib',
    'deb http://10.77.9.1:3177/debian-security trixie-security main',
  ])
})

it('tells archives with the same last folder apart', () => {
  const archives = [
    { uri: 'http://a.example/ubuntu', suffixes: [''], components: ['main'] },
    { uri: 'http://b.example/ubuntu', suffixes: ['-security'], components: ['main'] },
  ]
  expect(archives.map((archive) => archivePath(archive, archives))).toEqual(['ubuntu-0', 'ubuntu-1'])
})
