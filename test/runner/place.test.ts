import { expect, it } from 'vitest'
import * as z from 'zod'
import { role, type Task } from '../../lib/index.ts'
import { compose, RoleError } from '../../lib/runner/compose.ts'
import { located, placeOf } from '../../lib/runner/place.ts'
import { assumed } from '../../lib/cli/facts.ts'
import { unpacked } from '../../tasks/unarchive.ts'
import { makeHost } from '../session/hosts.ts'

const site = { domain: 'example.org', project: 'demo', dir: '/srv/demo' }

/** What is said of a role whose tasks are made so. */
const mistake = (tasks: () => Task[]): string => {
  const web = role({ name: 'web', vars: z.unknown(), tasks })
  try {
    compose([{ role: web, vars: {} }], site, assumed(makeHost({})))
  } catch (error) {
    if (error instanceof RoleError) return error.message
    throw error
  }
  return 'nothing'
}

const HERE = String.raw`\(test/runner/place\.test\.ts:\d+:\d+\)$`

it.each<[string, () => Task[], string]>([
  ['a mistake of its own', () => [JSON.parse('null').x], `^web1: role web: Cannot read .* ${HERE}`],
  [
    'an error of any kind',
    () => {
      throw new RangeError('no')
    },
    `^web1: role web: no ${HERE}`,
  ],
  [
    'a value that a task refuses',
    () => [unpacked({ archive: '/a.tar', sha256: 'x', dir: '/opt/x' })],
    `^web1: role web: not a sha256 in hex: "x" ${HERE}`,
  ],
])('names the role and its line for %s', (_, tasks, said) => {
  expect(mistake(tasks)).toMatch(new RegExp(said))
})

const stack = (...lines: string[]) => Object.assign(new Error('x'), { stack: lines.join('\n') })

it.each([
  [['Error: x', '    at node:internal/x:1:2', '    at f (/srv/p/roles/a b.ts:3:4)'], '/srv/p/roles/a b.ts:3:4'],
  [['Error: x', '    at file:///srv/p/roles/a.ts:3:4'], '/srv/p/roles/a.ts:3:4'],
  [['Error: x', '    at async g (file:///srv/p/roles/a%20b.ts:3:4)'], '/srv/p/roles/a b.ts:3:4'],
  [['Error: x', '    at z (/srv/p/node_modules/zod/x.js:1:1)', '    at f (/srv/p/x.ts:3:4)'], '/srv/p/x.ts:3:4'],
  [['Error: x', '    at f (/srv/p/tasks/t.ts:1:1)', '    at g (/srv/p/roles/r.ts:2:2)'], '/srv/p/roles/r.ts:2:2'],
  [['Error: x', '    at f (/srv/p/tasks/t.ts:1:1)'], '/srv/p/tasks/t.ts:1:1'],
  [['Error: x', '    at Object.<anonymous> (node:internal/x:1:2)'], undefined],
])('finds the place in %j', (lines, place) => {
  expect(placeOf(stack(...lines))).toBe(place)
})

it('reads what esbuild says of a file, in its own words', () => {
  const error = new Error('Transform failed with 1 error:\n/srv/p/roles/a.ts:3:5: ERROR: Expected ";" but found "x"')
  expect(located(error)).toBe('Expected ";" but found "x" (/srv/p/roles/a.ts:3:5)')
})
