import { merge } from './merge.ts'
import { type Entry, find, type MapNode, mapAt, type Node } from './node.ts'
import type { Place, Problem } from './problem.ts'

interface Shape {
  readonly [key: string]: Shape
}

const vars: Shape = { '*': {} }

/** The maps of an inventory that may be left empty: `vars:` with every line below it commented out. */
const maps: Shape = { site: {}, vars, groups: { '*': { vars } }, hosts: { '*': { vars, site: {} } } }

/** The inventory with `{}` wherever a map was left empty. */
export const withEmptyMaps = (root: MapNode): MapNode => ({ ...root, entries: fillEntries(root.entries, maps) })

const fillEntries = (entries: ReadonlyMap<string, Entry>, shape: Shape): Map<string, Entry> =>
  new Map(
    Array.from(entries, ([name, { key, value }]) => {
      const inner = Object.hasOwn(shape, name) ? shape[name] : shape['*']
      return [name, { key, value: inner === undefined ? value : fill(value, inner) }]
    }),
  )

const fill = (node: Node, shape: Shape): Node => {
  if (node.kind === 'scalar' && node.value === null) return { kind: 'map', at: node.at, entries: new Map() }
  return node.kind === 'map' ? { ...node, entries: fillEntries(node.entries, shape) } : node
}

/** What no single field can say of itself: what a host still lacks, and names that mean two things. */
export const crossCheck = (root: MapNode): Problem[] => {
  const hosts = mapAt(root, ['hosts'])?.entries ?? new Map<string, Entry>()
  const declared = Array.from(mapAt(root, ['groups'])?.entries ?? [], ([name, { key }]) => ({ name, at: key }))
  return [
    ...Array.from(hosts).flatMap(([name, { key }]) => [...address(root, name, key), ...site(root, name)]),
    ...[...declared, ...Array.from(hosts.keys()).flatMap((name) => used(root, name))].flatMap(({ name, at }) => {
      if (name === 'all')
        return [
          {
            ...at,
            message: 'every host is in "all" already; its vars are those at the top, a group needs another name',
          },
        ]
      return hosts.has(name)
        ? [{ ...at, message: `${JSON.stringify(name)} is a host already; a group needs a name of its own` }]
        : []
    }),
    ...(hosts.has('all')
      ? [{ ...find(root, ['hosts', 'all']).key, message: 'a host cannot be called "all": that means every host' }]
      : []),
  ]
}

const address = (root: MapNode, host: string, at: Place): Problem[] => {
  const entry = mapAt(root, ['hosts', host])
  const { node } = find(root, ['hosts', host, 'connection'])
  const local = node?.kind === 'scalar' && node.value === 'local'
  if (entry === undefined || entry.entries.has('address') || local) return []
  return [{ ...at, message: `host ${host} has no address; give its IPv4 address, IPv6 address or host name` }]
}

/** The site may be given in parts; all of it must be there in the end. */
const site = (root: MapNode, host: string): Problem[] => {
  const top = mapAt(root, ['site'])
  const own = mapAt(root, ['hosts', host, 'site'])
  const whole = top && own ? merge(top, own) : (own ?? top)
  const at = find(root, own ? ['hosts', host, 'site'] : ['site']).key
  const missing = ['domain', 'project', 'dir'].filter((key) => whole?.kind !== 'map' || !whole.entries.has(key))
  if (missing.length === 0) return []
  const where = own ? `the site of host ${host}` : 'site'
  return [{ ...at, message: `${where} lacks ${missing.join(', ')}; allowed at the top (site:) or under a host` }]
}

/** The groups that a host names. */
const used = (root: MapNode, host: string): { name: string; at: Place }[] => {
  const { node } = find(root, ['hosts', host, 'groups'])
  const items = node?.kind === 'list' ? node.items : []
  return items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' ? [{ name: item.value, at: item.at }] : [],
  )
}
