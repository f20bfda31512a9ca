import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../../inventory/host.ts'

/** A directory for one test file. */
export const scratch = (): string => mkdtempSync(join(tmpdir(), 'trueup-session-'))

/** A host of an inventory. */
export const makeHost = (over: Partial<Host> = {}): Host => ({
  name: 'web1',
  address: '127.0.0.1',
  port: 22,
  user: 'root',
  first: undefined,
  identityFile: undefined,
  passphrase: undefined,
  proxyJump: undefined,
  hostKey: undefined,
  connection: 'ssh',
  become: undefined,
  connectTimeout: 5,
  groups: [],
  site: { domain: 'example.org', project: 'example', dir: '/root/example' },
  ...over,
})

let configs = 0

/** An ssh_config that knows nothing of this machine's person; `known` is the content of known_hosts. */
export const sshConfigIn = (dir: string, known = '', more = ''): string => {
  const file = join(dir, `ssh_config-${(configs += 1)}`)
  const knownHosts = join(dir, `known_hosts-${configs}`)
  writeFileSync(knownHosts, known)
  const none = join(dir, 'none')
  writeFileSync(
    file,
    `${more}\nHost *\n  UserKnownHostsFile ${knownHosts}\n  GlobalKnownHostsFile ${none}\n  IdentityFile ${none}\n  IdentityAgent none\n`,
  )
  return file
}

/** A private key in a file. */
export const keyIn = (dir: string, name: string, content: string): string => {
  const file = join(dir, name)
  writeFileSync(file, content, { mode: 0o600 })
  return file
}
