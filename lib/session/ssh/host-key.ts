import { fingerprint, type KnownHost, keyType, knownName, speaksOf } from './known-hosts.ts'
import { Refusal } from './refusal.ts'
import { describe, type Target } from './target.ts'

/** The signatures that a key of a type can be asked for, best first. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/** What known_hosts calls a target. */
export const targetName = ({ alias, address, port }: Target): string => alias?.toLowerCase() ?? knownName(address, port)

const entriesBy = (target: Target, name: string): readonly KnownHost[] =>
  target.known.filter((entry) => speaksOf(entry, name))

/** The entries that bind: those by the target's name and port. */
const entriesOf = (target: Target): readonly KnownHost[] => entriesBy(target, targetName(target))

/** As OpenSSH does: a key known of the host itself is good for its other ports too; another key says nothing of them. */
const portlessOf = (target: Target): readonly KnownHost[] =>
  target.alias === undefined && target.port !== 22 ? entriesBy(target, target.address) : []

/**
 * Which signature algorithms to offer, those of known keys first: a server picks the first that it has, and a host that
 * is known by its RSA key alone would otherwise show another.
 */
export const algorithmsFor = (target: Target): string[] => {
  const entries = target.pin === undefined ? [...entriesOf(target), ...portlessOf(target)] : []
  const known = entries.flatMap(({ type }) => ALGORITHMS[type] ?? [])
  return [...new Set([...known, ...Object.values(ALGORITHMS).flat()])]
}

/** A pin does not say of which type the key is: on a mismatch the host is asked for its other keys. */
export const offersFor = (target: Target): string[][] =>
  target.pin === undefined ? [algorithmsFor(target)] : Object.values(ALGORITHMS).map((algorithms) => [...algorithms])

/** The line for known_hosts. */
export const knownLine = (target: Target, key: Buffer): string =>
  `${targetName(target)} ${keyType(key)} ${key.toString('base64')}`

const show = (key: Buffer): string => `${keyType(key)} ${fingerprint(key)}`

/**
 * Judges the key that a host shows, before anything of ours is sent.
 *
 * @returns why the key is not accepted, or undefined where it is
 */
export const judge = (target: Target, key: Buffer): Refusal | undefined => {
  const at = `${target.name} (${describe(target)})`
  const { pin } = target
  if (pin !== undefined) {
    if (fingerprint(key) === pin) return undefined
    const advice = 'Nothing was sent. If the host was installed anew, put the new fingerprint into the inventory'
    return new Refusal(
      'final',
      `${at}: the host key is not the pinned one.\n  pinned: ${pin}\n  shown:  ${show(key)}\n${advice}`,
    )
  }
  const entries = entriesOf(target)
  const portless = portlessOf(target)
  const revoked = [...entries, ...portless].find((entry) => entry.marker === 'revoked' && entry.key.equals(key))
  if (revoked !== undefined)
    return new Refusal('final', `${at}: the host key ${show(key)} is revoked (${revoked.where}). Nothing was sent`)
  const known = entries.filter(({ marker }) => marker === undefined)
  if (known.some((entry) => entry.key.equals(key))) return undefined
  if (known.length === 0 && portless.some((entry) => entry.marker === undefined && entry.key.equals(key)))
    return undefined
  return new Refusal(
    'final',
    `${at}: ${known.length > 0 ? changed(target, known, key) : unknown(target, entries, key)}`,
  )
}

const changed = (target: Target, known: readonly KnownHost[], key: Buffer): string =>
  [
    'the host key has CHANGED.',
    ...known.map((entry) => `  known: ${show(entry.key)} (${entry.where})`),
    `  shown: ${show(key)}`,
    'Nothing was sent: someone may be in between. If the host was installed anew, remove the old key',
    `(ssh-keygen -R '${targetName(target)}') and ${trust(target)}`,
  ].join('\n')

const unknown = (target: Target, entries: readonly KnownHost[], key: Buffer): string =>
  [
    'the host key is not known.',
    `  shown: ${show(key)}`,
    ...entries
      .filter(({ marker }) => marker === 'cert-authority')
      .map(({ where }) => `  ${where} names a certificate authority (@cert-authority), which is not supported here`),
    `Compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub on its console), then ${trust(target)}`,
    'or add to known_hosts:',
    `  ${knownLine(target, key)}`,
  ].join('\n')

const trust = ({ name, inventoried }: Target): string =>
  inventoried ? `npx tsx run.ts trust ${name}` : `connect to it once by hand: ssh ${name}`
