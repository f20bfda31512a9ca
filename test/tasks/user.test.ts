import { describe, expect, it } from 'vitest'
import { type Declared, Secret, sha256, type Task } from '../../lib/index.ts'
import { groupAt } from '../../tasks/group.ts'
import { path } from '../../tasks/path.ts'
import { noUser, user, type UserState, userAt } from '../../tasks/user.ts'
import { nothing } from '../found.ts'

const HASH = '$y$j9T$saltsaltsalt$hashhashhash'
const OUTPUT = `root:x:0:0:root:/root:/bin/bash
deploy:x:1000:1000:Deploy,,,:/home/deploy:/bin/bash
odd:x:1001:7777::/srv/odd:
\0root:x:0:
sudo:x:27:deploy
docker:x:988:deploy,ci
deploy:x:1000:
\0deploy:sha256:ab
odd:locked
`
const facts = userAt('x').family.parse(OUTPUT, ['deploy', 'odd', 'none'], nothing)
const found = (name: string) => facts.get(name) as UserState
const declared = (task: Task) => task as Declared<UserState>
const apply = (task: Task, name: string, ...keys: string[]) =>
  String(declared(task).apply({ now: found(name), changes: [], keys }))
const claims = (task: Task, name: string) => {
  const { provides } = declared(task)
  return typeof provides === 'function' ? provides({ now: found(name), changes: [], keys: [] }) : provides
}

describe('the users of a host', () => {
  it('are read with groups and the state of their passwords', () => {
    expect(Object.fromEntries(facts)).toEqual({
      deploy: {
        ...{
          present: true,
          uid: 1000,
          group: 'deploy',
          comment: 'Deploy,,,',
          home: '/home/deploy',
          shell: '/bin/bash',
        },
        ...{ password: 'sha256:ab', 'group:deploy': true, 'group:sudo': true, 'group:docker': true },
      },
      odd: {
        ...{ present: true, uid: 1001, group: '7777', comment: '', home: '/srv/odd', shell: '', password: 'locked' },
      },
      none: { present: null, uid: null, group: null, comment: null, home: null, shell: null, password: null },
    })
  })
})

describe('user', () => {
  it('wants what is given, and no password', () => {
    expect(declared(user({ name: 'deploy' })).want.want).toEqual({ present: true, password: 'locked' })
    expect(declared(user({ name: 'root' })).want.want).toEqual({ present: true })
    expect(
      declared(user({ name: 'a', password: 'any', groups: ['sudo', 'docker'], uid: 7, shell: '/bin/sh' })).want.want,
    ).toEqual({
      present: true,
      uid: 7,
      shell: '/bin/sh',
      'group:sudo': true,
      'group:docker': true,
    })
  })

  const primary = '$(getent group none >/dev/null && echo --gid none || echo --user-group)'
  it.each<[Parameters<typeof user>[0], string, string[], string]>([
    [
      { name: 'none', groups: ['sudo', 'docker'], comment: "It's" },
      'none',
      ['present', 'password'],
      `useradd --comment 'It'\\''s' --home-dir /home/none --shell /bin/bash --groups sudo,docker --create-home --key HOME_MODE=0750 ${primary} -- none &&\ntu_dir /home/none 0750 none none`,
    ],
    [
      { name: 'none', system: true, uid: 200 },
      'none',
      ['present', 'password'],
      `useradd --uid 200 --home-dir /nonexistent --shell /usr/sbin/nologin --system --no-create-home ${primary} -- none`,
    ],
    [
      { name: 'none', system: true, home: '/var/lib/none', createHome: true, group: 'app' },
      'none',
      ['present'],
      `useradd --home-dir /var/lib/none --shell /usr/sbin/nologin --system --create-home --key HOME_MODE=0750 --gid app -- none &&\ntu_dir /var/lib/none 0750 none app`,
    ],
    [
      { name: 'deploy', shell: '/bin/sh', groups: ['sudo', 'adm'], home: '/srv/deploy' },
      'deploy',
      ['shell', 'group:adm', 'password'],
      'usermod --shell /bin/sh --append --groups adm -- deploy &&\nusermod --lock -- deploy',
    ],
    [
      { name: 'deploy', password: new Secret('deploy', HASH) },
      'deploy',
      ['password'],
      'chpasswd --encrypted < <(printf %s ‹secret deploy›)',
    ],
    [
      { name: 'deploy', uid: 7, comment: '', home: '/srv/x', group: 'app' },
      'deploy',
      ['uid', 'comment', 'home', 'group'],
      "usermod --uid 7 --gid app --comment '' --home /srv/x -- deploy",
    ],
  ])('%#', (options, name, keys, command) => {
    expect(apply(user(options), name, ...keys)).toBe(command)
  })

  it('brings its group and its home when it is made, and nothing otherwise', () => {
    expect(claims(user({ name: 'deploy' }), 'deploy')).toEqual([])
    expect(claims(user({ name: 'none' }), 'none')).toEqual([
      groupAt('none').is({ present: true }),
      path('/home/none').is({ type: 'directory', mode: '0750', owner: 'none', group: 'none' }),
    ])
    expect(claims(user({ name: 'none', group: 'app', system: true }), 'none')).toEqual([])
  })

  it('shows no password: hashes are compared by their hash and never told', () => {
    const task = declared(user({ name: 'deploy', password: new Secret('deploy', HASH) }))
    expect(task.want.want['password']).toBe(`sha256:${sha256(HASH)}`)
    expect(task.sensitive).toEqual(['password'])
  })

  it.each<[string, Parameters<typeof user>[0]]>([
    ['an option as name', { name: '-o' }],
    ['a name of two lines', { name: 'a\nb' }],
    ['a colon in the comment', { name: 'a', comment: 'a:0:0' }],
    ['a line end in the comment', { name: 'a', comment: 'a\nroot2' }],
    ['a line end in the home', { name: 'a', home: '/home/a\nb' }],
    ['a home that is everybody’s', { name: 'a', home: '/etc' }],
    ['a relative shell', { name: 'a', shell: 'bash' }],
    ['a list as a group', { name: 'a', groups: ['sudo,root'] }],
    ['a password that is not hashed', { name: 'a', password: new Secret('a', 'hunter2') }],
    ['a hash with more fields', { name: 'a', password: new Secret('a', '$6$a:0') }],
    ['a uid that is none', { name: 'a', uid: -1 }],
  ])('refuses %s', (_, options) => {
    expect(() => user(options)).toThrow(TypeError)
  })
})

describe('noUser', () => {
  it('keeps the files, and takes the group of its name along', () => {
    expect(apply(noUser('deploy'), 'deploy')).toBe('userdel -- deploy')
    expect(claims(noUser('deploy'), 'deploy')).toEqual([groupAt('deploy').is({ present: null, gid: null })])
    expect(claims(noUser('odd'), 'odd')).toEqual([])
    expect(() => noUser('root')).toThrow(TypeError)
  })
})
