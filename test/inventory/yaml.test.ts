import { describe, expect, test, vi } from 'vitest'
import { type Node, find } from '../../inventory/node.ts'
import { readYaml } from '../../inventory/read.ts'
import { plain } from '../../inventory/value.ts'
import { folder, said, write } from './files.ts'
import { loadInventory } from '../../inventory/load.ts'

// Fast, but not on a machine that boots hosts at the same time.
vi.setConfig({ testTimeout: 30_000 })

const lines = (text: string) =>
  readYaml('f', text).problems.map(({ line, column, message }) => `${line}:${column}  ${message}`)

const root = (text: string): Node => {
  const { root, problems } = readYaml('f', text)
  expect(problems).toEqual([])
  if (root === undefined) throw new Error('no tree')
  return root
}

describe('what is wrong with YAML', () => {
  test.each([
    ['a: 0644', "1:4  0644 is read as the number 644; quote it: '0644'"],
    ['a: 00', "1:4  00 is read as the number 0; quote it: '00'"],
    ['a: -01', "1:4  -01 is read as the number -1; quote it: '-01'"],
    ['a: 0o755', "1:4  0o755 is read as the number 493; quote it: '0755'"],
    ['a: [ok, 07]', "1:9  07 is read as the number 7; quote it: '07'"],
    [
      'a: 12345678901234567890',
      "1:4  12345678901234567890 is too big for a number and would be read as 12345678901234567000; quote it: '12345678901234567890'",
    ],
    ['a: 1\na: 2', '2:1  duplicate key "a", already on line 1; keep one of them'],
    ['a: { b: 1, "b": 2 }', '1:12  duplicate key "b", already on line 1; keep one of them'],
    ['1: a\n"1": b', '2:1  duplicate key "1", already on line 1; keep one of them'],
    ['__proto__: { a: 1 }', '1:1  "__proto__" cannot be a key'],
    ['"": 1', '1:1  "" cannot be a key'],
    ['? [a]\n: 1', '1:3  a key must be plain text'],
    ['a: !vault x', '1:4  unknown tag !vault; allowed: !secret, !file, !join and !url'],
    ['a: !vault { b: 1 }', '1:4  unknown tag !vault; allowed: !secret, !file, !join and !url'],
    ['a: !!binary aGk=', '1:4  unknown tag !!binary; allowed: !secret, !file, !join and !url'],
    ['a: !!timestamp 2001-01-01', '1:4  unknown tag !!timestamp; allowed: !secret, !file, !join and !url'],
    ['a: !secrets x', '1:4  unknown tag !secrets; allowed: !secret, !file, !join and !url'],
    ['a: !secret [x]', '1:4  !secret takes one name: !secret postgres_password'],
    ['a: !secret', '1:4  !secret names nothing; a name is letters, digits, _ . and -'],
    ['a: !secret ""', '1:4  !secret names nothing; a name is letters, digits, _ . and -'],
    ['a: !secret a b', '1:4  !secret names "a b"; a name is letters, digits, _ . and -'],
    ['a: !join x', "1:4  !join takes a list: !join [ 'text', !secret name ]"],
    ['a: !join { b: c }', "1:4  !join takes a list: !join [ 'text', !secret name ]"],
    ['a: !url !secret x', '1:9  not valid YAML: a node can have at most one tag'],
    ['a: !url x', '1:4  !url takes a list: !url [ !secret name ]'],
    ['a: !join [ x, [y] ]', '1:15  !join takes text, !secret, !file, !join and !url only'],
    ['a: !join [ x, { y: z } ]', '1:15  !join takes text, !secret, !file, !join and !url only'],
    ['a: !url [ null ]', '1:11  !url takes text, !secret, !file, !join and !url only'],
    ['a: *b', '1:4  *b stands for nothing; mark a value before it with &b'],
    ['a: *b\nb: &b 1', '1:4  *b stands for nothing; mark a value before it with &b'],
    ['a: { <<: 1 }', '1:6  << takes a map, an alias of one, or a list of them'],
    ['a: &a [*a]', '1:8  an alias of something that it is part of'],
    ['a: &a { b: *a }', '1:12  an alias of something that it is part of'],
    ['\ta: 1', '1:1  a tab is used as indentation; use spaces'],
    [
      'a: 1\n---\nb: 2',
      "2:1  a second document begins here (---); an inventory is one document, remove what doesn't belong",
    ],
    ['a: b: c', "1:4  a value cannot contain ': ' or begin a map on the same line; quote it, or use a new line"],
    ['a: @b', '1:4  a value cannot begin with @ or `; quote it'],
    ['%YAML 1.1\n---\na: yes', '1:1  %YAML 1.1 is not read; remove the line, YAML 1.2 is meant'],
  ])('%j', (text, ...expected) => expect(lines(text)).toEqual(expected))

  test.each([
    'a: [1',
    'a: {b: 1',
    'a: "b',
    '- a\nb: 1',
    'a:\n  b: 1\n c: 2',
    'a: "\\q"',
    '}',
    'a: &x &y 1',
    'a: |x\n b',
  ])('%j is no YAML, and says where', (text) => {
    const { root, problems } = readYaml('f', text)
    expect(root).toBeUndefined()
    expect(problems.length).toBeGreaterThan(0)
    for (const { line, message } of problems) {
      expect(line).toBeGreaterThan(0)
      expect(message).not.toContain('\n')
    }
  })

  test('aliases of aliases are bounded', () => {
    const bomb = Array.from(
      { length: 30 },
      (_, i) =>
        `a${i}: &a${i} [${Array(10)
          .fill(i === 0 ? 'x' : `*a${i - 1}`)
          .join(', ')}]`,
    ).join('\n')
    expect(lines(bomb)).toEqual([expect.stringMatching(/^\d+:\d+ {2}more than 200000 values, by aliases$/)])
  })

  test('depth is bounded', () => {
    expect(lines('['.repeat(102) + ']'.repeat(102))).toEqual([
      expect.stringMatching(/nested more than 100 levels deep$/),
    ])
    expect(lines('['.repeat(20_000))).toHaveLength(1)
  })
})

describe('what YAML means', () => {
  test.each([
    ['a: yes', { a: 'yes' }],
    ['a: 1.10', { a: 1.1 }],
    ['a: "0644"', { a: '0644' }],
    ['a: 0644x', { a: '0644x' }],
    ['a: 0.5', { a: 0.5 }],
    ['a: 0', { a: 0 }],
    ['a: 0x1F', { a: 31 }],
    ['a: 22:22', { a: '22:22' }],
    ['a: 2026-01-01', { a: '2026-01-01' }],
    ['a: !!str 0644', { a: '0644' }],
    ['a: ! 5', { a: '5' }],
    ['0644: x', { '0644': 'x' }],
    ['null: x', { null: 'x' }],
    ['constructor: x', { constructor: 'x' }],
    ['a: |\n  x\n  y\n', { a: 'x\ny\n' }],
    ['a: &x { b: 1 }\nc: *x\nd: *x', { a: { b: 1 }, c: { b: 1 }, d: { b: 1 } }],
    ['a: &x { b: 1, c: 2 }\nd: { <<: *x, c: 3 }', { a: { b: 1, c: 2 }, d: { c: 3, b: 1 } }],
    [
      'a: &x { b: 1 }\nc: &y { b: 2, d: 2 }\ne: { <<: [*x, *y] }',
      { a: { b: 1 }, c: { b: 2, d: 2 }, e: { b: 1, d: 2 } },
    ],
    [
      'a: &x 1\nb: &y { c: &x 2, d: *x }\ne: &x 3\nf: *y\ng: *x',
      { a: 1, b: { c: 2, d: 2 }, e: 3, f: { c: 2, d: 2 }, g: 3 },
    ],
    ["a: !join [ 'x', 5, 1.10, true, !url [ 'a b/ä', '~' ] ]", { a: 'x51.10truea%20b%2F%C3%A4~' }],
    ['a: !join []', { a: '' }],
    ['a: !url [ "!\'()*+@:\\U0001F600" ]', { a: '%21%27%28%29%2A%2B%40%3A%F0%9F%98%80' }],
    ['\uFEFFa: 1', { a: 1 }],
    ['a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
  ])('%j', (text, expected) => expect(plain(root(text))).toEqual(expected))

  test('every value knows its place', () => {
    const text = 'a:\n  b: [x, 5]\n  "c d": !secret  s\ne: &x\n  f: 1\ng: { <<: *x }\n'
    const at = (...path: (string | number)[]) => {
      const { at, key } = find(root(text), path)
      return [`${at.line}:${at.column}`, `${key.line}:${key.column}`]
    }
    expect(at('a')).toEqual(['1:1', '1:1'])
    expect(at('a', 'b')).toEqual(['2:3', '2:3'])
    expect(at('a', 'b', 1)).toEqual(['2:10', '2:10'])
    expect(at('a', 'c d')).toEqual(['3:10', '3:3'])
    expect(at('g', 'f')).toEqual(['5:6', '5:3'])
    expect(at('a', 'zzz', 'y')).toEqual(['1:1', '1:1'])
  })
})

describe('a file that cannot be read', () => {
  const opening = (path: string) => {
    try {
      loadInventory(path, { env: {} })
    } catch (error) {
      return said(error)
    }
    return []
  }
  const next = 'name an inventory with --inventory FILE or TRUEUP_INVENTORY'
  test.each([
    ['nothing.yml', () => {}, `nothing.yml  cannot be read: no such file; ${next}`],
    [
      'latin1.yml',
      () => write('latin1.yml', Uint8Array.of(0x61, 0xe9)),
      `latin1.yml  cannot be read: it is not UTF-8 text; ${next}`,
    ],
    [
      'utf16.yml',
      () => write('utf16.yml', Buffer.from('\uFEFFhosts: {}', 'utf16le')),
      `utf16.yml  cannot be read: it is not UTF-8 text; ${next}`,
    ],
  ])('%s', (name, prepare, expected) => {
    prepare()
    expect(opening(`${folder}/${name}`)).toEqual([expected])
  })
  test('a folder', () => expect(opening(folder)[0]).toMatch(/cannot be read: it is a folder; name an inventory/))
})
