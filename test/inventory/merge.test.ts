import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { merge, mergeAll } from '../../inventory/merge.ts'
import { find, type MapNode, mapAt } from '../../inventory/node.ts'
import { readYaml } from '../../inventory/read.ts'
import { plain } from '../../inventory/value.ts'
import { load, small } from './files.ts'

// Fast, but not on a machine that boots hosts at the same time.
vi.setConfig({ testTimeout: 30_000 })

const tree = (file: string, text: string): MapNode => {
  const map = mapAt(readYaml(file, text).root ?? { kind: 'list', at: { file, line: 0, column: 0 }, items: [] }, [])
  if (!map) throw new Error(`no map: ${text}`)
  return map
}

describe('layers', () => {
  test.each([
    ['a scalar is replaced', 'x: 1', 'x: 2', { x: 2 }],
    ['a list is replaced', 'x: [1, 2]', 'x: [3]', { x: [3] }],
    ['an empty list replaces', 'x: [1, 2]', 'x: []', { x: [] }],
    ['nothing replaces', 'x: { a: 1 }', 'x:', { x: null }],
    ['maps merge', 'x: { a: 1, b: 1 }', 'x: { b: 2, c: 2 }', { x: { a: 1, b: 2, c: 2 } }],
    [
      'maps merge deeply',
      'x: { y: { z: { a: 1 }, k: 1 } }',
      'x: { y: { z: { b: 2 } } }',
      { x: { y: { z: { a: 1, b: 2 }, k: 1 } } },
    ],
    ['an empty map changes nothing', 'x: { a: 1 }', 'x: {}', { x: { a: 1 } }],
    ['a map replaces a scalar', 'x: 1', 'x: { a: 1 }', { x: { a: 1 } }],
    ['a scalar replaces a map', 'x: { a: 1 }', 'x: 1', { x: 1 }],
    ['maps in lists do not merge', 'x: [{ a: 1 }]', 'x: [{ b: 2 }]', { x: [{ b: 2 }] }],
  ])('%s', (_, under, over, expected) => {
    expect(plain(merge(tree('a', under), tree('b', over)))).toEqual(expected)
  })

  test('vars < groups in the order of the host < host, each with its place', () => {
    const inventory = load(`site: { domain: a.b, project: x, dir: /x }
hosts:
  web1:
    address: a.b
    groups: [late, early, undeclared]
    vars:
      r: { own: 4 }
  web2: { address: a.b, groups: [early, late] }
groups:
  early: { vars: { r: { group: early, own: 1, early: true } } }
  late: { vars: { r: { group: late, own: 2, list: [late] } } }
vars:
  r: { group: none, own: 0, top: true, list: [a, b] }
`)
    const vars = (host: string) => inventory.hosts.get(host)?.vars ?? tree('', '{}')
    expect(plain(vars('web1'))).toEqual({ r: { group: 'early', own: 4, early: true, list: ['late'], top: true } })
    expect(plain(vars('web2'))).toEqual({ r: { group: 'late', own: 2, early: true, list: ['late'], top: true } })
    const lines = ['group', 'own', 'early', 'list', 'top'].map((key) => find(vars('web1'), ['r', key]).at.line)
    expect(lines).toEqual([10, 7, 10, 11, 13])
  })

  test('a host may be in a group twice, or in none', () => {
    const twice = load(
      small('groups: { a: { vars: { r: { x: a } } }, b: { vars: { r: { x: b } } } }\n', '    groups: [a, b, a]\n'),
    )
    expect(plain(twice.hosts.get('web1')?.vars ?? tree('', '{}'))).toEqual({ r: { x: 'b' } })
    expect(load(small('', '    groups: [a, b, a]\n')).hosts.get('web1')?.groups).toEqual(['a', 'b'])
    expect(load(small()).hosts.get('web1')?.groups).toEqual([])
  })
})

/** Maps that agree on which keys hold maps (m…) and which hold leaves (l…), as the layers of one role do. */
const { layer } = fc.letrec<{ layer: object }>((tie) => ({
  layer: fc.record(
    {
      l1: fc.integer(),
      l2: fc.array(fc.string(), { maxLength: 2 }),
      m1: fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('layer')),
      m2: fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('layer')),
    },
    { requiredKeys: [] },
  ),
}))
const layers = fc
  .array(layer, { minLength: 1, maxLength: 5 })
  .map((values) => values.map((value, index) => tree(`f${index}`, JSON.stringify(value))))

describe('merging, whatever the layers', () => {
  test('is associative, places included', () => {
    fc.assert(
      fc.property(layers, layers, layers, (a, b, c) => {
        const [x, y, z] = [mergeAll(a), mergeAll(b), mergeAll(c)]
        expect(merge(merge(x, y), z)).toEqual(merge(x, merge(y, z)))
      }),
    )
  })

  test('takes every leaf, and its place, from the last layer that has it', () => {
    const leaves = (node: MapNode, path: string[] = []): string[][] =>
      Array.from(node.entries).flatMap(([key, { value }]) =>
        value.kind === 'map' ? leaves(value, [...path, key]) : [[...path, key]],
      )
    fc.assert(
      fc.property(layers, (maps) => {
        const whole = mergeAll(maps)
        const paths = new Set(maps.flatMap((map) => leaves(map).map((path) => path.join('/'))))
        expect(new Set(leaves(whole).map((path) => path.join('/')))).toEqual(paths)
        for (const joined of paths) {
          const path = joined.split('/')
          const owner = maps.findLast((map) => find(map, path).node !== undefined)
          expect(owner && find(owner, path)).toEqual(find(whole, path))
        }
      }),
    )
  })

  test('leaves the layers as they are', () => {
    fc.assert(
      fc.property(layers, (maps) => {
        const before = structuredClone(maps)
        mergeAll(maps)
        expect(maps).toEqual(before)
      }),
    )
  })
})
