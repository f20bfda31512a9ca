import { resolve } from 'node:path'
import type * as z from 'zod'
import type { InventoryHost } from './host.ts'
import { expandHome } from './home.ts'
import { mergeAll } from './merge.ts'
import { find, type MapNode, mapAt } from './node.ts'
import type { HostEntry, InventoryFile } from './schema.ts'
import type { Env } from './secrets.ts'

type File = z.output<typeof InventoryFile>
type Fields = z.output<typeof HostEntry>

/** The hosts of a checked inventory, and its groups, both in the order of the file. */
export const toHosts = (root: MapNode, file: File, folder: string, env: Env) => {
  // The order is the tree's: an object would put names that are numbers first.
  const names = (section: string) => [...(mapAt(root, [section])?.entries.keys() ?? [])]
  const groups = new Map<string, string[]>(names('groups').map((name) => [name, []]))
  const hosts = new Map<string, InventoryHost>()
  for (const name of names('hosts')) {
    const fields = file.hosts[name]
    if (fields === undefined) continue
    const host = toHost(root, name, fields, file.site, folder, env)
    hosts.set(name, host)
    for (const group of host.groups) groups.set(group, [...(groups.get(group) ?? []), name])
  }
  return { hosts, groups }
}

const toHost = (
  root: MapNode,
  name: string,
  fields: Fields,
  shared: File['site'],
  folder: string,
  env: Env,
): InventoryHost => {
  const { port, user, first, identityFile, become } = fields
  // All three are there, as are all addresses but a local one's: structure.ts has seen to it.
  const { domain = '', project = '', dir = '' } = { ...shared, ...fields.site }
  const groups = [...new Set(fields.groups)]
  const layers = [[], ...groups.map((group) => ['groups', group]), ['hosts', name]]
  return {
    name,
    address: fields.address ?? 'localhost',
    ...(fields.address6 !== undefined && { address6: fields.address6 }),
    port,
    user,
    first: first && { port: first.port ?? port, user: first.user ?? user },
    identityFile: identityFile === undefined ? undefined : resolve(folder, expandHome(identityFile, env)),
    proxyJump: fields.proxyJump,
    hostKey: fields.hostKey,
    connection: fields.connection,
    become: become === true ? { user: 'root' } : become || undefined,
    connectTimeout: fields.connectTimeout,
    groups,
    site: { domain, project, dir },
    at: find(root, ['hosts', name]).key,
    vars: mergeAll(layers.map((layer) => mapAt(root, [...layer, 'vars']))),
  }
}
