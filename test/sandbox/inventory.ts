// The inventory that makes `run.ts -i .sandbox/inventory.yml --role all` work on the hosts that are up.
import { rename, writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { hostAddresses, type Subnet } from './address.ts'
import { allHosts } from './host.ts'
import { fingerprint, identityFile, knownHosts } from './keys.ts'
import { inventoryFile, knownHostsFile } from './paths.ts'
import { SITE, VARS } from './vars.ts'

const replace = async (file: string, text: string) => {
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** Rewrites inventory and known_hosts from the hosts there are. To be called with the lock held. */
export const writeInventory = async (subnet: Subnet): Promise<void> => {
  const hosts: Record<string, unknown> = {}
  const known: string[] = []
  for (const { name, index } of await allHosts()) {
    const { v4, v6 } = hostAddresses(subnet, index)
    const key = { identityFile: identityFile(name), hostKey: await fingerprint(name) }
    hosts[name] = { address: v4, port: 22, user: 'root', ...key, groups: ['sandbox'] }
    known.push(...(await knownHosts(name, [v4, v6])))
  }
  await replace(
    inventoryFile,
    `# Written by the sandbox: up, reset and down.\n${stringify({ site: SITE, hosts, vars: VARS })}`,
  )
  await replace(knownHostsFile, known.map((line) => `${line}\n`).join(''))
}
