import { atLeast } from '../deb-version.ts'

/** One line of sshd_config(5): the keyword, its value, and how `sshd -T` spells it where that differs; `null`: not in every version. */
export interface Setting {
  readonly keyword: string
  readonly value: string
  readonly printed?: string | null
}

export interface SshdOptions {
  readonly port?: number | undefined
  readonly maxAuthTries: number
  readonly maxSessions: number
  /** What may be tunnelled: `local` reaches what is published on loopback, and opens nothing on the host. */
  readonly tcpForwarding: 'yes' | 'no' | 'local' | 'remote'
  /** Networks that are never penalised for failed logins. */
  readonly exempt: readonly string[]
  /** Further settings by keyword, in place of ours of the same name; sshd itself judges them. */
  readonly more: Readonly<Record<string, string>>
}

/**
 * Key exchanges, best first: the post-quantum ones that this version knows (9.9 brought ML-KEM and a name without
 * `@openssh.com` for sntrup761), then X25519, which clients without them speak.
 */
export const keyExchanges = (version: string): readonly string[] => [
  ...(atLeast(version, '9.9') ? ['mlkem768x25519-sha256', 'sntrup761x25519-sha512'] : []),
  'sntrup761x25519-sha512@openssh.com',
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
]

const crypto = (version: string): Setting[] => [
  { keyword: 'KexAlgorithms', value: keyExchanges(version).join(',') },
  {
    keyword: 'Ciphers',
    value:
      'chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr',
  },
  { keyword: 'MACs', value: 'hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com' },
  // The server's own keys. Which keys people may have is left as it is: a stricter list would shut some of them out.
  { keyword: 'HostKeyAlgorithms', value: 'ssh-ed25519,rsa-sha2-512,rsa-sha2-256' },
  ...(atLeast(version, '9.1') ? [{ keyword: 'RequiredRSASize', value: '2048' }] : []),
]

const ours = (version: string, options: SshdOptions): Setting[] => [
  ...(options.port === undefined ? [] : [{ keyword: 'Port', value: String(options.port) }]),
  { keyword: 'PasswordAuthentication', value: 'no' },
  { keyword: 'KbdInteractiveAuthentication', value: 'no' },
  { keyword: 'PermitEmptyPasswords', value: 'no' },
  { keyword: 'HostbasedAuthentication', value: 'no' },
  { keyword: 'AuthorizedKeysFile', value: '.ssh/authorized_keys' },
  { keyword: 'PermitRootLogin', value: 'prohibit-password', printed: 'without-password' },
  { keyword: 'PermitUserEnvironment', value: 'no' },
  { keyword: 'MaxAuthTries', value: String(options.maxAuthTries) },
  { keyword: 'MaxSessions', value: String(options.maxSessions) },
  // Unauthenticated connections: from 10 on some are dropped, from 60 on all.
  { keyword: 'MaxStartups', value: '10:30:60' },
  { keyword: 'LoginGraceTime', value: '30' },
  ...(atLeast(version, '9.8')
    ? [{ keyword: 'PerSourcePenaltyExemptList', value: ['127.0.0.0/8', '::1', ...options.exempt].join(',') }]
    : []),
  { keyword: 'X11Forwarding', value: 'no' },
  { keyword: 'AllowAgentForwarding', value: 'no' },
  { keyword: 'AllowTcpForwarding', value: options.tcpForwarding },
  { keyword: 'PermitTunnel', value: 'no' },
  // A dead peer shows within two minutes by questions inside the encrypted connection, which nobody can answer for it.
  { keyword: 'ClientAliveInterval', value: '60' },
  { keyword: 'ClientAliveCountMax', value: '2' },
  { keyword: 'TCPKeepAlive', value: 'no' },
  // Which key somebody came in with.
  { keyword: 'LogLevel', value: 'VERBOSE' },
  // Debian's own, which 9.2 obeys and does not tell.
  { keyword: 'DebianBanner', value: 'no', printed: null },
  ...crypto(version),
]

/** All settings for this version of OpenSSH, such as `9.6p1`. */
export const settings = (version: string, options: SshdOptions): readonly Setting[] => {
  const more = new Map(Object.entries(options.more).map(([keyword, value]) => [keyword.toLowerCase(), value]))
  const kept = ours(version, options).filter(({ keyword }) => !more.has(keyword.toLowerCase()))
  return [...kept, ...Object.entries(options.more).map(([keyword, value]) => ({ keyword, value }))]
}

/** What `sshd -T` says where these settings hold; further ones are spelled by whoever gave them and left out. */
export const effective = (version: string, options: SshdOptions): Readonly<Record<string, string>> =>
  Object.fromEntries(
    settings(version, { ...options, more: {} })
      .filter(({ keyword }) => !Object.keys(options.more).some((one) => one.toLowerCase() === keyword.toLowerCase()))
      .flatMap(({ keyword, value, printed = value }) => (printed === null ? [] : [[keyword.toLowerCase(), printed]])),
  )
