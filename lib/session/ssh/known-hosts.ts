import { createHash, createHmac, randomBytes } from 'node:crypto'

/** One line of a known_hosts file (sshd(8), “SSH_KNOWN_HOSTS FILE FORMAT”). */
export interface KnownHost {
  readonly marker: 'cert-authority' | 'revoked' | undefined
  /** Comma-separated patterns, or one hash. */
  readonly hosts: string
  readonly type: string
  readonly key: Buffer
  /** `FILE:LINE` */
  readonly where: string
}

/** Reads a known_hosts file; comments and lines that OpenSSH would skip too are left out. */
export const parseKnownHosts = (text: string, file: string): KnownHost[] =>
  text.split('\n').flatMap((line, index) => {
    const found = /^\s*(?:@(cert-authority|revoked)\s+)?([^\s#@]\S*)\s+(\S+)\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(
      line,
    )
    if (found === null) return []
    const [, marker, hosts = '', type = '', key = ''] = found
    const known = marker === 'cert-authority' || marker === 'revoked' ? marker : undefined
    return [{ marker: known, hosts, type, key: Buffer.from(key, 'base64'), where: `${file}:${index + 1}` }]
  })

const pattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  )

const hash = (name: string, salt: Buffer): Buffer => createHmac('sha1', salt).update(name).digest()

/** Whether an entry speaks of a name, which is `host` or `[host]:port`. */
export const speaksOf = ({ hosts }: KnownHost, name: string): boolean => {
  if (hosts.startsWith('|1|')) {
    const [, , salt = '', digest = ''] = hosts.split('|')
    return hash(name.toLowerCase(), Buffer.from(salt, 'base64')).equals(Buffer.from(digest, 'base64'))
  }
  const patterns = hosts.split(',').filter(Boolean)
  const matches = (glob: string) => pattern(glob).test(name)
  if (patterns.some((glob) => glob.startsWith('!') && matches(glob.slice(1)))) return false
  return patterns.some((glob) => !glob.startsWith('!') && matches(glob))
}

/** How known_hosts names a host; the port shows only where it is not 22. */
export const knownName = (host: string, port: number): string =>
  (port === 22 ? host : `[${host}]:${port}`).toLowerCase()

/** A name as `ssh-keygen -H` would hide it. */
export const hashName = (name: string): string => {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${hash(name.toLowerCase(), salt).toString('base64')}`
}

/** The type that a public key's blob begins with (RFC 4253, 6.6). */
export const keyType = (key: Buffer): string => key.subarray(4, 4 + key.readUInt32BE(0)).toString()

/** As OpenSSH shows it: `SHA256:` and base64 without padding. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
