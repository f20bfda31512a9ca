import { userInfo } from 'node:os'
import type { Host } from '../../inventory/host.ts'
import type { Secret } from '../language/secret.ts'
import type { Sh } from '../language/sh.ts'
import { type Sudo, sudo } from './become.ts'
import type { Claim } from './lock.ts'
import { ShellSession } from './shell-session.ts'
import type { Remembered, Session } from './session.ts'
import type { Patience, Streams } from './shell.ts'
import type { Keepalive } from './ssh/connect.ts'

export interface OpenOptions extends Patience {
  /** For `become`, where sudo asks for one. */
  readonly becomePassword?: Secret | undefined
  /** Shell functions that every command can call. */
  readonly prelude?: Sh | string | undefined
  /** Instead of ~/.ssh/config and /etc/ssh/ssh_config (`ssh -F`). */
  readonly sshConfig?: string | undefined
  /** Told what a person should know and what no run fails for. */
  readonly onWarning?: ((message: string) => void) | undefined
  /** The lock to take at every hello, or to look at; none unless given. */
  readonly claim?: Claim | undefined
  /** What it said of itself the last time, where that is kept. */
  readonly remembered?: Remembered | undefined
  /** When an ssh peer counts as dead. */
  readonly keepalive?: Keepalive | undefined
}

/** Says, by the user who got in, what runs the loop: nothing, or a sudo with its options. */
type Before = (login: string) => string

/** Starts the loop on a host. What that takes is loaded only where it is needed. */
const start = async (
  host: Host,
  before: Before,
  { sshConfig: file, onWarning, keepalive }: OpenOptions,
): Promise<Streams> => {
  if (host.connection === 'local') {
    const { startLocal } = await import('./local.ts')
    return startLocal(before(userInfo().username))
  }
  const { startSsh } = await import('./ssh/start.ts')
  return startSsh(host, before, { file, onWarning, keepalive })
}

/**
 * Starts the loop as the user that commands run as; whoever logs in as that user needs no sudo.
 *
 * @param like - a connection whose way in it must be: where that is the wanted one, the inventory's `first` proves nothing
 */
const connect = async (host: Host, options: OpenOptions, like?: Streams): Promise<Streams> => {
  const { name, become } = host
  const { becomePassword: password } = options
  let way: Sudo | undefined
  const before = (login: string) => {
    way = become === undefined || become.user === login ? undefined : sudo({ name, user: become.user, login, password })
    return way?.before ?? ''
  }
  const exact = like === undefined || like.first === true ? host : { ...host, first: undefined }
  const streams = await start(exact, before, options)
  await way?.pass(streams)
  return streams
}

/** The session of a host. Nothing is connected before its hello(), which throws UnreachableError. */
export const openSession = (host: Host, options: OpenOptions = {}): Session => {
  const user = host.become?.user ?? (host.connection === 'local' ? userInfo().username : host.user)
  // /run is memory, and root's own; others have to make do with /tmp.
  const spool = user === 'root' ? '/run' : '/tmp'
  // Tests of this machine keep apart from each other, and from what it remembers of real runs.
  const root = host.connection === 'local' ? (process.env['TRUEUP_LOCAL_ROOT'] ?? '') : ''
  const beside = host.address6 === undefined ? [] : [{ ...host, address: host.address6 }]
  return new ShellSession(host.name, (like) => connect(host, options, like), {
    ...options,
    spool,
    root,
    beside: beside.map((other) => (like) => connect(other, options, like)),
  })
}
