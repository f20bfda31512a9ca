import { describe, expect, it } from 'vitest'
import { absent, held, installed, packages, unheld, version } from '../../tasks/apt.ts'
import { type Claim, type Declared, type Drift, type Task } from '../../lib/index.ts'
import { path } from '../../tasks/path.ts'
import { nothing } from '../found.ts'

/** As dpkg-query prints it on Debian 13, amd64, with i386 as a foreign architecture. */
const LISTING = `ii adduser all
ii dpkg amd64
ii bash amd64
ii libc6 amd64
ii libc6 i386
hi containerd.io amd64
rc nginx amd64
iU vim amd64
iF postfix amd64
iHRmysql-server amd64
it man-db amd64
iW libc-bin amd64
ri ftp amd64
`

const facts = packages.family.parse(LISTING, [''], nothing).get('')

const declared = (task: Task): Declared => {
  if (task.kind !== 'task') throw new Error(task.kind)
  return task
}
const claims = (task: Task, keys: string[]): readonly Claim[] => {
  const { provides } = declared(task)
  return typeof provides === 'function' ? provides({ now: {}, changes: [], keys }) : (provides ?? [])
}
const drift = (...keys: string[]): Drift => ({ now: {}, changes: [], keys })

describe('packages', () => {
  it('reads every state of dpkg', () => {
    expect(facts).toEqual({
      adduser: 'installed',
      dpkg: 'installed',
      bash: 'installed',
      libc6: 'installed',
      'libc6:i386': 'installed',
      'containerd.io': 'installed',
      'hold:containerd.io': true,
      'config:nginx': true,
      vim: 'unpacked',
      postfix: 'half-configured',
      'mysql-server': 'to be reinstalled',
      'man-db': 'pending triggers',
      'libc-bin': 'awaiting triggers',
      ftp: 'installed',
    })
  })

  it('is empty where there is no dpkg', () => {
    expect(packages.family.parse('', [''], nothing).get('')).toEqual({})
  })
})

describe.each([
  [installed(['nginx', 'curl']), ['curl'], 'tu_apt install --no-install-recommends --no-remove curl'],
  [installed(['a1'], {}, { recommends: true, replaces: true }), ['a1'], 'tu_apt install --install-recommends a1'],
  [absent(['nginx', 'vim']), ['vim'], 'tu_apt remove vim'],
  [absent(['nginx'], { purge: true }), ['nginx', 'config:nginx'], 'tu_apt purge nginx'],
  [held(['docker-ce']), ['hold:docker-ce'], 'tu_apt_turn apt-mark hold -- docker-ce'],
  [unheld(['docker-ce']), ['hold:docker-ce'], 'tu_apt_turn apt-mark unhold -- docker-ce'],
])('%#', (task, keys, command) => {
  it(`runs ${command}`, () => {
    expect(String(declared(task).apply(drift(...keys)))).toBe(command)
  })
})

describe('wants', () => {
  it.each([
    [installed(['nginx', 'g++']), { nginx: 'installed', 'g++': 'installed' }],
    [absent(['nginx']), { nginx: null }],
    [absent(['nginx'], { purge: true }), { nginx: null, 'config:nginx': null }],
    [held(['nginx']), { 'hold:nginx': true }],
    [unheld(['nginx']), { 'hold:nginx': null }],
  ])('%#', (task, want) => {
    expect(declared(task).want).toEqual({ probe: packages, want, exactly: false })
  })
})

describe('provides', () => {
  const service = path('/lib/systemd/system/nginx.service').is({ type: 'file' })

  it('claims what is brought by packages that are missing, and that their version is not known', () => {
    const task = installed(['nginx', 'curl'], { nginx: [service] })
    expect(claims(task, ['nginx'])).toEqual([service, version('nginx').unsettled])
    expect(claims(task, ['curl'])).toEqual([version('curl').unsettled])
  })

  it('leaves a version alone that the role claims', () => {
    const known = version('nginx').is({ upstream: '1.26.3' })
    expect(claims(installed(['nginx'], { nginx: [known] }), ['nginx'])).toEqual([known])
  })

  it('claims that a removed package has no version', () => {
    expect(claims(absent(['nginx'], { purge: true }), ['nginx', 'config:nginx'])).toEqual([
      version('nginx').is({ version: null, upstream: null }),
    ])
  })
})

describe('version', () => {
  it('is the whole and the upstream one of what is installed', () => {
    const keys = ['docker-ce', 'nginx', 'gone', 'libc6', 'native']
    const output = `docker-ce 5:28.3.3-1~debian.13~trixie installed
nginx 1.22.1-9 config-files
libc6 2.41-12 installed
libc6 2.41-12 installed
native 2024.1 installed
`
    expect(Object.fromEntries(version('nginx').family.parse(output, keys, nothing))).toEqual({
      'docker-ce': { version: '5:28.3.3-1~debian.13~trixie', upstream: '28.3.3' },
      nginx: { version: null, upstream: null },
      gone: { version: null, upstream: null },
      libc6: { version: '2.41-12', upstream: '2.41' },
      native: { version: '2024.1', upstream: '2024.1' },
    })
  })
})

it.each([
  '',
  '-rf',
  'nginx-',
  'Nginx',
  'a b',
  'x;id',
  'x*',
  'x\n',
  'nginx=1.2',
  'a/stable',
])('refuses %j as a name', (name) => {
  for (const make of [installed, absent, held, unheld]) expect(() => make([name])).toThrow(TypeError)
  expect(() => version(name)).toThrow(/not the name of a Debian package/)
})
