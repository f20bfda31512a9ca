import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type * as z from 'zod'
import type { Host } from './host.ts'
import type { HostEntry, SitePart } from './schema.ts'
import type { Env } from './secrets.ts'

/** A host from its entry: defaults filled in, paths made absolute. The passphrase is looked up later. */
export const toHost = (
  name: string,
  entry: z.output<typeof HostEntry>,
  shared: z.output<typeof SitePart>,
  folder: string,
  env: Env,
): Omit<Host, 'passphrase'> => {
  const { port, user, first, identityFile, become } = entry
  const { domain = '', project = '', dir = '' } = { ...shared, ...entry.site }
  return {
    name,
    // A missing address is a problem unless the connection is local.
    address: entry.address ?? 'localhost',
    port,
    user,
    first: first && { port: first.port ?? port, user: first.user ?? user },
    identityFile: identityFile === undefined ? undefined : resolve(folder, expandHome(identityFile, env)),
    proxyJump: entry.proxyJump,
    hostKey: entry.hostKey,
    connection: entry.connection,
    become: become === true ? { user: 'root' } : become || undefined,
    connectTimeout: entry.connectTimeout,
    groups: [...new Set(entry.groups)],
    site: { domain, project, dir },
  }
}

const expandHome = (path: string, env: Env): string => path.replace(/^~(?=\/|$)/, () => env['HOME'] ?? homedir())
