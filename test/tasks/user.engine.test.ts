import { describe, expect, it } from 'vitest'
import { type Declared, Secret, sh, sha256, type State, type Task } from '../../lib/index.ts'
import { group, groupAt, noGroup } from '../../tasks/group.ts'
import { path } from '../../tasks/path.ts'
import { noUser, user, type UserState, userAt } from '../../tasks/user.ts'
import { bash, canCopy, throwaway } from './bash.ts'
import { nothing } from '../found.ts'

const HASH = '$y$j9T$abcdefghijklmnop$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG'
const apply = (task: Task, now: object, ...keys: string[]) =>
  (task as Declared).apply({ now: now as State, changes: [], keys })
const absent = { present: null, group: null }

describe('reading', () => {
  it('tells root and who is not there', () => {
    const { stdout, code } = bash(userAt('root').family.read(['root', 'no-such-user']))
    const facts = userAt('root').family.parse(stdout, ['root', 'no-such-user'], nothing)
    expect(code).toBe(0)
    expect(facts.get('root')).toMatchObject({ present: true, uid: 0, group: 'root', home: '/root', 'group:root': true })
    expect(facts.get('no-such-user')).toMatchObject({ present: null, password: null })
    expect(
      groupAt('root')
        .family.parse(bash(groupAt('root').family.read(['root'])).stdout, ['root'], nothing)
        .get('root'),
    ).toEqual({
      present: true,
      gid: 0,
    })
  })
})

describe.skipIf(!canCopy())('users and groups', { timeout: 60_000 }, () => {
  const keys = ['tu-a', 'tu-b']
  const read = sh`echo @@@; ${userAt('x').family.read(keys)}; printf '\0'; ${path('/').family.read(['/home/tu-a'])}`
  const after = (...commands: ReturnType<typeof apply>[]) => {
    const ended = throwaway(...commands, read)
    const [users = '', rest = ''] = [ended.stdout.split('@@@\n')[1] ?? '', '']
    const facts = userAt('x').family.parse(users, keys, nothing)
    const [, , , ...home] = users.split('\0')
    return {
      ...ended,
      rest,
      a: facts.get('tu-a') as UserState,
      b: facts.get('tu-b') as UserState,
      home: home.join('\0'),
    }
  }

  it('makes them as foretold', () => {
    const options = {
      name: 'tu-a',
      uid: 4321,
      groups: ['tu-g'],
      comment: "It's $(id)",
      shell: '/bin/sh',
      password: new Secret('a', HASH),
    }
    const { code, stderr, a, b, home } = after(
      apply(group({ name: 'tu-g', gid: 4400 }), { present: null }),
      apply(user(options), absent, 'present', 'password'),
      apply(user({ name: 'tu-b', system: true }), absent, 'present', 'password'),
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(a).toEqual({
      ...{ present: true, uid: 4321, group: 'tu-a', comment: "It's $(id)", home: '/home/tu-a', shell: '/bin/sh' },
      ...{ password: `sha256:${sha256(HASH)}`, 'group:tu-a': true, 'group:tu-g': true },
    })
    expect(b).toMatchObject({ home: '/nonexistent', shell: '/usr/sbin/nologin', password: 'locked', group: 'tu-b' })
    expect(path('/').family.parse(home, ['/home/tu-a'], nothing).get('/home/tu-a')).toMatchObject({
      type: 'directory',
      mode: '0750',
      owner: 'tu-a',
      group: 'tu-a',
    })
  })

  it('takes a group that is there, and a home', () => {
    const { code, a } = after(
      sh`groupadd tu-a && mkdir /home/tu-a`,
      apply(user({ name: 'tu-a' }), absent, 'present', 'password'),
    )
    expect(code).toBe(0)
    expect(a).toMatchObject({ group: 'tu-a', password: 'locked' })
  })

  it('changes what is drifted and nothing else', () => {
    const make = sh`groupadd tu-g; groupadd tu-h; useradd -m -U -G tu-g -s /bin/sh -p ${HASH} tu-a`
    const task = user({ name: 'tu-a', shell: '/bin/bash', groups: ['tu-g', 'tu-h'] })
    const now = { present: true }
    const { code, a } = after(make, apply(task, now, 'shell', 'group:tu-h', 'password'))
    expect(code).toBe(0)
    expect(a).toMatchObject({ shell: '/bin/bash', password: 'locked', 'group:tu-g': true, 'group:tu-h': true })
    expect(after(make, apply(task, now, 'shell')).a).toMatchObject({ password: `sha256:${sha256(HASH)}` })
  })

  it('removes them, and no file', () => {
    const { code, stdout, a } = after(
      sh`useradd -m -U tu-a`,
      apply(noUser('tu-a'), { present: true }),
      sh`ls -d /home/tu-a; getent group tu-a || echo no-group`,
      apply(group({ name: 'tu-g' }), { present: null }),
      apply(noGroup('tu-g'), { present: true }),
    )
    expect(code).toBe(0)
    expect(stdout).toContain('/home/tu-a\nno-group\n')
    expect(a.present).toBeNull()
  })
})
