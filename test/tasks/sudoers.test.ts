import { expect, it } from 'vitest'
import { type Declared } from '../../lib/index.ts'
import { sudoers } from '../../tasks/sudoers.ts'

it('is a file that visudo accepts in its place', () => {
  const task = sudoers({
    name: 'deploy',
    rules: ['Defaults:deploy !requiretty', 'deploy ALL=(ALL) NOPASSWD: ALL'],
  }) as Declared
  const command = task.apply({ now: {}, changes: [], keys: [] })
  expect(String(command)).toMatch(/^tu_put \/etc\/sudoers.d\/deploy 0440 root root \/etc\/sudoers.d 'visudo -c' ‹/)
  expect(command.blobs[0]?.bytes.toString()).toBe('Defaults:deploy !requiretty\ndeploy ALL=(ALL) NOPASSWD: ALL\n')
  expect(task.want.want).toMatchObject({ mode: '0440', owner: 'root' })
})

it.each(['x.conf', '../x', '-x', '', 'a b', 'x~'])('refuses %j as a name', (name) => {
  expect(() => sudoers({ name, rules: [] })).toThrow(TypeError)
})
it.each(['a\nb', 'a\\', 'a\0'])('refuses the rule %j', (rule) => {
  expect(() => sudoers({ name: 'x', rules: [rule] })).toThrow(TypeError)
})
