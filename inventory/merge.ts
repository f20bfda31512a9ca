import type { Entry, MapNode, Node } from './node.ts'

/**
 * Lays one value over another: maps merge deeply, lists and scalars are replaced. Every value keeps the place where it
 * was written, and a map has the place of the last one that had a say in it.
 */
export const merge = (under: Node, over: Node): Node =>
  under.kind === 'map' && over.kind === 'map' ? mergeMaps(under, over) : over

const mergeMaps = (under: MapNode, over: MapNode): MapNode => {
  const entries = new Map<string, Entry>(under.entries)
  for (const [name, entry] of over.entries) {
    const below = entries.get(name)
    entries.set(name, below === undefined ? entry : { key: entry.key, value: merge(below.value, entry.value) })
  }
  return { kind: 'map', at: over.at, entries }
}

/** All of these maps, later ones over earlier ones. */
export const mergeAll = (maps: readonly (MapNode | undefined)[]): MapNode =>
  maps.reduce<MapNode>((under, over) => (over ? mergeMaps(under, over) : under), {
    kind: 'map',
    at: nowhere,
    entries: new Map(),
  })

const nowhere = { file: '', line: 0, column: 0 }
