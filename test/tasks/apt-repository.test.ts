import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Declared } from '../../lib/index.ts'
import { repository, type RepositoryOptions } from '../../tasks/apt-repository.ts'

const key = readFileSync(new URL('fixtures/rsa.asc', import.meta.url))
const both = readFileSync(new URL('fixtures/rsa-and-ed25519.gpg', import.meta.url))
const RSA = 'C38D 8FB0 2359 EC1B DCAF  E328 93B0 E432 3099 CC50'
const ED25519 = '0xfbc8b325ad2a029a878a528aaf82ba8d670ac415'

const docker: RepositoryOptions = {
  name: 'docker',
  uris: ['https://download.docker.com/linux/debian'],
  suites: ['trixie'],
  components: ['stable'],
  architectures: ['amd64'],
  key,
  fingerprint: RSA,
}
const bodies = (options: RepositoryOptions) =>
  repository(options).map((task) =>
    (task as Declared).apply({ now: {}, changes: [], keys: [] }).blobs[0]?.bytes.toString(),
  )

describe('repository', () => {
  it('is a key and a source that trusts this key alone', () => {
    const tasks = repository(docker) as Declared[]
    expect(tasks.map(({ title, owns }) => [title, owns])).toEqual([
      ['apt key docker', [{ path: '/etc/apt/keyrings/docker.asc' }]],
      ['apt repository docker', [{ path: '/etc/apt/sources.list.d/docker.sources' }]],
    ])
    expect(bodies(docker)[1]).toBe(`Types: deb
URIs: https://download.docker.com/linux/debian
Suites: trixie
Components: stable
Architectures: amd64
Signed-By: /etc/apt/keyrings/docker.asc
`)
  })

  it('takes keys as bytes, several of them, and exact suites', () => {
    const { components: _, architectures: __, ...rest } = docker
    expect(bodies({ ...rest, suites: ['./'], key: both, fingerprint: [RSA, ED25519] })[1]).toBe(`Types: deb
URIs: https://download.docker.com/linux/debian
Suites: ./
Signed-By: /etc/apt/keyrings/docker.gpg
`)
  })

  it.each<[string, Partial<RepositoryOptions>]>([
    ['another key', { fingerprint: ED25519 }],
    ['a key that was not checked beside one that was', { key: both }],
    ['a key that is not there', { fingerprint: [RSA, ED25519] }],
    ['a line end in a URI', { uris: ['https://x/\nTrusted: yes'] }],
    ['a space in a URI', { uris: ['https://x/ y'] }],
    ['an option in place of a URI', { uris: ['-o'] }],
    ['a line end in a suite', { suites: ['trixie\nTrusted: yes'] }],
    ['a line end in a component', { components: ['main\nx: y'] }],
    ['an architecture list', { architectures: ['amd64 i386'] }],
    ['no suite', { suites: [] }],
    ['no component', { components: [] }],
    ['a component of an exact suite', { suites: ['./'] }],
    ['a path for a name', { name: '../docker' }],
    ['a name that apt ignores', { name: 'docker.com' }],
  ])('refuses %s', (_, change) => {
    expect(() => repository({ ...docker, ...change })).toThrow(TypeError)
  })
})
