import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { Client } from 'ssh2'
import type { Host } from '../../../inventory/host.ts'
import type { SshSettings } from './config.ts'
import { algorithmsFor, knownLine, targetName } from './host-key.ts'
import { fingerprint, hashName, keyType, speaksOf } from './known-hosts.ts'
import { through } from './reach.ts'
import { Refusal } from './refusal.ts'
import { describe, route, type Target } from './target.ts'

/** A key that a host shows, not yet believed by anyone. */
export interface HostKey {
  /** Such as `web1 (root@192.0.2.1:22)`. */
  readonly host: string
  readonly type: string
  /** `SHA256:…`, also fit for the inventory's hostKey. */
  readonly fingerprint: string
  /** The line for known_hosts. */
  readonly line: string
  /** The person's known_hosts. */
  readonly file: string
  /** Entries there are of this host already, as `FILE:LINE`; the same key or another. */
  readonly known: readonly { readonly where: string; readonly same: boolean }[]
}

/** Shakes hands up to the host's key, and not a byte further: no user name is ever sent. */
const shownKey = (target: Target, sock: Duplex): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const client = new Client()
    const fail = (reason: string) =>
      reject(new Refusal('passing', `${target.name} (${describe(target)}): it shows no host key: ${reason}`))
    client.on('error', (error) => fail(error.message))
    client.on('close', () => fail('the connection was closed'))
    client.connect({
      sock,
      username: target.user,
      readyTimeout: target.timeout * 1000,
      algorithms: { serverHostKey: algorithmsFor(target) as never },
      hostVerifier: (key: Buffer) => {
        resolve(Buffer.from(key))
        return false
      },
    })
  })

/**
 * Asks a host for its key: by its wanted port, or its first one where nothing listens there. Its jump hosts' keys must be
 * known already.
 *
 * @throws UnreachableError
 */
export const fetchHostKey = async (host: Host, settings: SshSettings = {}): Promise<HostKey> => {
  const { jumps, logins, config } = await route(host, settings)
  const { open, end } = await through(jumps)
  try {
    let refusal: unknown
    for (const target of logins) {
      try {
        const key = await shownKey(target, await open(target))
        const [known = '/dev/null'] = config.userKnownHosts
        const [, ...rest] = knownLine(target, key).split(' ')
        const name = targetName(target)
        return {
          host: `${target.name} (${describe(target)})`,
          type: keyType(key),
          fingerprint: fingerprint(key),
          line: [config.hashKnownHosts ? hashName(name) : name, ...rest].join(' '),
          file: known,
          known: target.known
            .filter((entry) => entry.marker === undefined && speaksOf(entry, name))
            .map((entry) => ({ where: entry.where, same: entry.key.equals(key) })),
        }
      } catch (error) {
        refusal ??= error
        if (!(error instanceof Refusal && error.kind === 'closed')) throw error
      }
    }
    throw refusal
  } finally {
    end()
  }
}

/**
 * Adds a key to the person's known_hosts (made where it is not there: 0700 and 0600).
 *
 * @returns whether a line was added; not where the key stands there already
 * @throws UnreachableError where another key of the host stands there: that one is for a person to remove
 */
export const trustHostKey = async ({ host, line, file, known }: HostKey): Promise<boolean> => {
  if (known.some(({ same }) => same)) return false
  const [other] = known
  if (other !== undefined)
    throw new Refusal('final', `${host}: ${other.where} has another key of this host; remove it first (ssh-keygen -R)`)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const before = await readFile(file, 'utf8').catch(() => '')
  await appendFile(file, `${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`, { mode: 0o600 })
  return true
}
