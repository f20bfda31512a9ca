import { describe, expect, it } from 'vitest'
import { directory } from '../../tasks/directory.ts'
import { absent, file } from '../../tasks/file.ts'
import { link } from '../../tasks/link.ts'

describe('a path', () => {
  it.each(['etc/motd', '', '/', '/etc/', '/etc//motd', '/etc/../motd', '/./motd', '/a\0b'])('cannot be %j', (path) => {
    for (const make of [
      () => file({ path, content: '' }),
      () => absent({ path }),
      () => directory({ path }),
      () => link({ path, target: 'x' }),
    ])
      expect(make).toThrow(/a path begins with \//)
  })

  it.each(['/etc/motd', '/etc/.hidden', '/a b/-rf', '/x/..y', '/etc/a\nb'])('can be %j', (path) => {
    expect(file({ path, content: '' }).want.probe.key).toBe(path)
  })
})

describe('what a file is like', () => {
  it.each([
    [{ mode: '644' }, /four octal digits such as '0644', unlike "644"/],
    [{ mode: 644 as unknown as string }, /unlike 644/],
    [{ owner: 'no body' }, /not the name of an owner/],
    [{ group: '-g' }, /not the name of an owner/],
    [{ content: undefined as unknown as string }, /the content of \/x is missing/],
  ])('cannot be %j', (more, says) => {
    expect(() => file({ path: '/x', content: '', ...more })).toThrow(says)
  })
})
