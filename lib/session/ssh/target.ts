import { readFileSync } from 'node:fs'
import type { Host } from '../../../inventory/host.ts'
import type { Secret } from '../../language/secret.ts'
import { expandHome, type SshConfig, type SshSettings, sshConfig } from './config.ts'
import { type KnownHost, parseKnownHosts } from './known-hosts.ts'
import type { Keepalive } from './connect.ts'
import { Refusal } from './refusal.ts'

/** All that one login needs, from the inventory and OpenSSH's configuration. */
export interface Target {
  /** The inventory's name, or the jump host's address. */
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  /** What known_hosts calls it where that is not its address. */
  readonly alias: string | undefined
  /** `SHA256:…`, the only key accepted. */
  readonly pin: string | undefined
  readonly known: readonly KnownHost[]
  /** The inventory's key, tried first. */
  readonly identityFile: string | undefined
  readonly passphrase: Secret | undefined
  /** The configuration's or OpenSSH's default ones, tried last. */
  readonly identityFiles: readonly string[]
  /** The agent's socket. */
  readonly agent: string | undefined
  /** Seconds. */
  readonly timeout: number
  readonly keepalive: Keepalive | undefined
  /** Whether `run.ts trust NAME` can add its key. */
  readonly inventoried: boolean
}

/** `root@192.0.2.1:22`, for messages. */
export const describe = ({ user, address, port }: Target): string =>
  `${user}@${address.includes(':') ? `[${address}]` : address}:${port}`

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const readKnown = ({ userKnownHosts, globalKnownHosts }: SshConfig): KnownHost[] =>
  [...userKnownHosts, ...globalKnownHosts].flatMap((file) => parseKnownHosts(readIfThere(file), file))

const agentOf = (named: string | undefined): string | undefined => {
  if (named === undefined || named === 'SSH_AUTH_SOCK') return process.env['SSH_AUTH_SOCK'] || undefined
  return named.startsWith('$') ? process.env[named.slice(1)] : expandHome(named)
}

const fromConfig = (config: SshConfig) =>
  ({
    address: config.address,
    alias: config.hostKeyAlias,
    known: readKnown(config),
    identityFiles: config.identityFiles,
    agent: agentOf(config.identityAgent),
  }) as const

const jumpTarget = async (jump: string, timeout: number, settings: SshSettings): Promise<Target> => {
  const found = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?\/?$/.exec(jump.trim())
  if (found === null) throw new Refusal('final', `proxyJump “${jump}” is not of the form user@host:port`)
  const [, user, bracketed, plain = '', port] = found
  const name = bracketed ?? plain
  const config = await sshConfig({ address: name, user, port: port === undefined ? undefined : Number(port) }, settings)
  const login = {
    name,
    port: config.port,
    user: config.user,
    timeout,
    keepalive: settings.keepalive,
    inventoried: false,
  }
  const own = { pin: undefined, identityFile: undefined, passphrase: undefined }
  return { ...fromConfig(config), ...login, ...own }
}

/** What there is to connect to: the hosts to jump by, in order, and the logins to try at the end of it, in order. */
export interface Route {
  readonly jumps: readonly Target[]
  readonly logins: readonly Target[]
  readonly config: SshConfig
}

/**
 * Where a host is and how one gets in. The inventory beats OpenSSH's configuration: its port and user always hold (also
 * as defaults), its identityFile comes first, its proxyJump and hostKey replace what the configuration says.
 */
export const route = async (host: Host, settings: SshSettings = {}): Promise<Route> => {
  const { name, connectTimeout: timeout } = host
  const config = await sshConfig(host, settings)
  const jump = host.proxyJump ?? config.proxyJump
  if (jump === undefined && config.proxyCommand !== undefined)
    throw new Refusal(
      'final',
      `${name}: ssh_config has a ProxyCommand for ${host.address}, which is not supported; give a proxyJump instead`,
    )
  const base = {
    ...fromConfig(config),
    name,
    timeout,
    keepalive: settings.keepalive,
    pin: host.hostKey,
    identityFile: host.identityFile === undefined ? undefined : expandHome(host.identityFile),
    passphrase: host.passphrase,
    inventoried: true,
  }
  const logins = [host, ...(host.first === undefined ? [] : [host.first])]
  return {
    config,
    jumps: await Promise.all((jump?.split(',') ?? []).map((one) => jumpTarget(one, timeout, settings))),
    logins: logins.map(({ port, user }) => ({ ...base, port, user })),
  }
}
