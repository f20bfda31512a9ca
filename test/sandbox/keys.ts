// Keys belong to a name and survive its resets, so that nobody has to learn a new fingerprint.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { hostDir } from './paths.ts'
import { $ } from './shell.ts'

// All three, as a real server has: a client that pins one must also ask for that one.
const TYPES = ['ed25519', 'ecdsa', 'rsa']

/** The private key that opens every account of the host. */
export const identityFile = (name: string) => `${hostDir(name)}/id_ed25519`
/** Where the host's own keys are kept, `ssh_host_TYPE_key`. */
export const hostKeyDir = (name: string) => `${hostDir(name)}/ssh`

/** Makes the keys a name does not have yet. */
export const ensureKeys = async (name: string): Promise<void> => {
  await mkdir(hostKeyDir(name), { recursive: true, mode: 0o700 })
  const generate = async (type: string, file: string, comment: string) => {
    if (!existsSync(file)) await $`ssh-keygen -q -t ${type} -N ${''} -C ${comment} -f ${file}`
  }
  await Promise.all([
    generate('ed25519', identityFile(name), `sandbox ${name}`),
    ...TYPES.map((type) => generate(type, `${hostKeyDir(name)}/ssh_host_${type}_key`, `root@${name}`)),
  ])
}

/** The public half of a host key as OpenSSH writes it: type and base64, without the comment. */
const hostKey = async (name: string, type: string): Promise<string> => {
  const text = await readFile(`${hostKeyDir(name)}/ssh_host_${type}_key.pub`, 'utf8')
  return text.split(' ').slice(0, 2).join(' ')
}

/** The host's ed25519 fingerprint, `SHA256:…`. */
export const fingerprint = async (name: string): Promise<string> => {
  const blob = (await hostKey(name, 'ed25519')).split(' ')[1] ?? ''
  return `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`
}

/** Lines for a known_hosts file: name and addresses, one line per key. */
export const knownHosts = async (name: string, addresses: readonly string[]): Promise<string[]> => {
  const keys = await Promise.all(TYPES.map((type) => hostKey(name, type)))
  return keys.map((key) => `${[name, ...addresses].join(',')} ${key}`)
}
