import { describe, expect, it } from 'vitest'
import { file, path } from '../../tasks/path.ts'
import { foundOf, nothing } from '../found.ts'

const { family } = path('/')
/** What the host answers: what stat(1) found, and what it complained of. */
const answer = (found: string, complaints: string) => `${found}\0${complaints}\0\0\0`
const absent = (name: string) => `stat: cannot statx '${name}': No such file or directory`
const MOTD = '/etc/motd\0regular file\x00644\0root\0root\0'

describe('a path is absent', () => {
  it('where stat says so', () => {
    const states = family.parse(
      answer(MOTD, `${absent('/x')}\n${absent('/y z')}`),
      ['/x', '/etc/motd', '/y z'],
      nothing,
    )
    expect([...states.values()].map((state) => (state instanceof Error ? state : state.type))).toEqual([
      null,
      'file',
      null,
    ])
  })

  it('where stat quotes its name', () => {
    const odd = "/it's"
    expect(
      family.parse(answer('', 'stat: cannot statx "/it\'s": No such file or directory'), [odd], nothing).get(odd),
    ).toEqual(expect.objectContaining({ type: null }))
    const line = '/a\nb'
    const said = "stat: cannot statx '/a'$'\\n''b': No such file or directory"
    expect(family.parse(answer('', said), [line], nothing).get(line)).toEqual(expect.objectContaining({ type: null }))
  })

  it.each([
    ['nothing', ''],
    ['that it could not be run', 'bash: line 1: /usr/bin/stat: No such file or directory'],
    ['that there is no process for it', 'bash: fork: retry: Resource temporarily unavailable'],
    ['that it may not look', "stat: cannot statx '/x': Permission denied"],
    ['something of others only', absent('/other')],
  ])('but not where stat says %s', (_, complaints) => {
    const states = family.parse(answer('', complaints), ['/x', '/y'], nothing)
    expect(states.get('/x')).toBeInstanceOf(Error)
    const found = foundOf(new Map([['path:/x', states.get('/x') ?? new Error()]]))
    expect(file('/').family.parse('', ['/x'], found).get('/x')).toEqual(states.get('/x'))
  })
})
