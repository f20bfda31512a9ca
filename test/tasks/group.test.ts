import { describe, expect, it } from 'vitest'
import { type Declared } from '../../lib/index.ts'
import { group, groupAt, type GroupState, noGroup } from '../../tasks/group.ts'
import { nothing } from '../found.ts'

const facts = groupAt('x').family.parse('root:x:0:\ndocker:x:988:deploy,ci\n', ['docker', 'none'], nothing)
const apply = (task: Declared<GroupState>, found: string) =>
  String(task.apply({ now: (facts.get(found) ?? {}) as GroupState, changes: [], keys: [] }))

describe('group', () => {
  it('is read with its number', () => {
    expect(Object.fromEntries(facts)).toEqual({
      docker: { present: true, gid: 988 },
      none: { present: null, gid: null },
    })
  })

  it.each([
    [group({ name: 'none' }), 'none', 'groupadd  -- none', { present: true }],
    [
      group({ name: 'none', gid: 5, system: true }),
      'none',
      'groupadd --gid 5 --system -- none',
      { present: true, gid: 5 },
    ],
    [group({ name: 'docker', gid: 5 }), 'docker', 'groupmod --gid 5 -- docker', { present: true, gid: 5 }],
    [noGroup('docker'), 'docker', 'groupdel -- docker', { present: null, gid: null }],
  ])('%#', (task, found, command, want) => {
    expect(apply(task as Declared<GroupState>, found)).toBe(command)
    expect((task as Declared).want.want).toEqual(want)
  })

  it.each(['', '-r', 'a:b', 'a\nb', 'Ä', 'a b', 'x'.repeat(40)])('refuses %j as a name', (name) => {
    expect(() => group({ name })).toThrow(TypeError)
    expect(() => noGroup(name)).toThrow(TypeError)
  })
  it.each([-1, 1.5, NaN, 2 ** 32])('refuses %d as a number', (gid) => {
    expect(() => group({ name: 'a', gid })).toThrow(TypeError)
  })
})
