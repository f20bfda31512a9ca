import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'
import * as z from 'zod'
import { InventoryError } from '../../inventory/problem.ts'
import { readYaml } from '../../inventory/read.ts'
import { plain, secretsIn } from '../../inventory/value.ts'
import { roleVars } from '../../inventory/vars.ts'
import { role } from '../../lib/language/role.ts'
import { maybeSecret } from '../../lib/language/zod.ts'
import { folder, load, problemsOf, small } from './files.ts'

// Fast, but not on a machine that boots hosts at the same time.
vi.setConfig({ testTimeout: 30_000 })

const any = role({ name: 'any', vars: z.record(z.string(), maybeSecret()), tasks: () => [] })

const read = (text: string): unknown => {
  const { root, problems } = readYaml('f', text)
  expect(problems).toEqual([])
  return root && plain(root)
}

describe('values arrive as they were written', () => {
  const values = [
    `$(touch ${folder}/x)`,
    '`id`',
    `'";`,
    'a\nb\r\n',
    '-rf',
    '-',
    '%',
    '*',
    '~',
    '',
    ' ',
    '\t',
    '0644',
    'true',
    'null',
    '1.10',
    '!secret x',
    '&a',
    '*a',
    '<<',
    '{{ x }}',
    '${HOME}',
    '\\',
    '\u0000',
    '\u001b[31m',
    '\u2028',
    '\u202e',
    'zażółć gęślą jaźń',
    '😀',
    'x'.repeat(200_000),
    `'"\n$(id)`.repeat(25_000),
  ]
  test.each(
    values.map((value) => [value.length > 40 ? `${value.length} characters` : JSON.stringify(value), value]),
  )('%s', async (_, value) => {
    const inventory = load(small('', `    vars: { any: { value: ${JSON.stringify(value)}, secret: !secret s } }\n`), {
      TRUEUP_SECRET_S: value || 'x',
    })
    const vars = await roleVars(inventory, 'web1', any)
    expect(vars['value']).toBe(value)
    const secret = vars['secret']
    expect(typeof secret === 'object' && secret.reveal()).toBe(value || 'x')
    expect(existsSync(`${folder}/x`)).toBe(false)
  })

  test('whatever they are, however YAML writes them', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.stringMatching(/^[-'"\\n$`%*&!{}[\]:#0-9.]{0,20}$/),
    )
    const key = text.filter((name) => name !== '' && name !== '<<' && name !== '__proto__')
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(text, fc.array(text))), (value) => {
        const expected = Object.fromEntries(Object.entries(value))
        expect(read(JSON.stringify(value))).toEqual(expected)
        expect(read(stringify(value, { version: '1.2' }))).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })
})

describe('whatever the file', () => {
  test('it is read, or refused with places', () => {
    const piece = fc.constantFrom(
      'hosts',
      ':',
      ' ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '!secret',
      '!join',
      '"',
      "'",
      '|',
      '#',
      '0644',
      'vars',
      '<<',
      '\t',
      '%',
      '---',
      '@',
      'é',
      ',',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 40 }), (pieces) => {
        const text = pieces.join('')
        const { root, problems } = readYaml('f', text)
        if (root === undefined) expect(problems).not.toEqual([])
        const last = text.split(/\n/).length + 1
        for (const { line, column, message } of problems) {
          expect(line).toBeGreaterThan(0)
          expect(line).toBeLessThanOrEqual(last)
          expect(column).toBeGreaterThan(0)
          expect(message).not.toMatch(/[\n\u001b]|undefined|\[object/)
        }
        if (root) {
          plain(root)
          secretsIn(root)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('an inventory is loaded, or refused with an InventoryError', () => {
    const name = fc.constantFrom('web1', 'all', '-x', '', 'a.b', '1', '__proto__', 'toString')
    const scalar = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('10.1', '::1', 'a.b', 'ssh', 22),
    )
    const field = fc.constantFrom(
      'address',
      'port',
      'user',
      'first',
      'identityFile',
      'passphrase',
      'proxyJump',
      'hostKey',
      'connection',
      'become',
      'groups',
      'vars',
      'site',
      'x',
    )
    const value = fc.oneof(scalar, fc.array(scalar), fc.dictionary(field, scalar))
    const section = fc.oneof(
      { weight: 4, arbitrary: fc.dictionary(name, fc.dictionary(field, value)) },
      { weight: 1, arbitrary: value },
    )
    const file = fc.record(
      { site: value, hosts: section, groups: section, vars: section, foo: scalar },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(file, (content) => {
        const lines = problemsOf(JSON.stringify(content))
        for (const line of lines) expect(line).toMatch(/^i\.yml:\d+:\d+ {2}.*\S/)
      }),
      { numRuns: 100 },
    )
  })

  test('control characters of a value cannot reach the terminal by its problem', () => {
    const [line] = problemsOf(small('', '    user: "\\e[31m\\r\\n"\n'))
    expect(line).toContain('is "\\u001b[31m\\r\\n"')
  })
})

test('problems are in the order of the file, each told once', () => {
  const at = (line: number, message: string) => ({ file: `${folder}/i.yml`, line, column: 1, message })
  const error = new InventoryError([at(2, 'b'), at(1, 'x'), at(2, 'a'), at(1, 'x')])
  expect(error.problems.map(({ line, message }) => `${line}${message}`)).toEqual(['1x', '2a', '2b'])
})
