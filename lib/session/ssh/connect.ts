import type { Duplex } from 'node:stream'
import { NodeSSH } from 'node-ssh'
import type { Client } from 'ssh2'
import { authHandler, type Ways, waysIn } from './auth.ts'
import { judge, offersFor } from './host-key.ts'
import { Refusal } from './refusal.ts'
import { where } from './socket.ts'
import type { Target } from './target.ts'

/** How it shows that a peer is dead that does not say so. */
export interface Keepalive {
  /** Seconds between questions. */
  readonly interval: number
  /** How many may stay unanswered. */
  readonly count: number
}

const KEEPALIVE: Keepalive = { interval: 10, count: 3 }

/**
 * Logs in over a stream: judges the host's key first, then tries the ways in.
 *
 * @param sock - a connected socket, or a channel of a jump host
 * @param offer - host key algorithms, best first
 * @throws Refusal
 */
const loginOnce = async (target: Target, sock: Duplex, offer: string[]): Promise<Client> => {
  const ways = waysIn(target)
  const { interval, count } = target.keepalive ?? KEEPALIVE
  let refusal: Error | undefined
  const ssh = new NodeSSH()
  const connecting = ssh.connect({
    sock,
    username: target.user,
    readyTimeout: target.timeout * 1000,
    keepaliveInterval: interval * 1000,
    keepaliveCountMax: count,
    // ssh2 types its own list of names; these are among them.
    algorithms: { serverHostKey: offer as never },
    hostVerifier: (key: Buffer) => {
      refusal = judge(target, key)
      return refusal === undefined
    },
    authHandler: authHandler(ways, (error) => {
      refusal = error
    }),
  })
  // An error event that nobody listens to would end the process; what it means shows in the channels that close.
  ssh.connection?.on('error', () => {})
  try {
    await connecting
  } catch (error) {
    sock.destroy()
    throw refusal ?? loginRefusal(target, error, ways)
  }
  if (ssh.connection === null) throw new Refusal('passing', `${where(target)}: the connection was closed at once`)
  return ssh.connection
}

const levelOf = (error: unknown): string =>
  error instanceof Error && 'level' in error && typeof error.level === 'string' ? error.level : ''

const loginRefusal = (target: Target, error: unknown, { tried }: Ways): Refusal => {
  const message = error instanceof Error ? error.message : String(error)
  const cause = { cause: error }
  if (levelOf(error) === 'client-authentication' || /too many authentication failures/i.test(message)) {
    const ways = tried.length > 0 ? `tried: ${tried.join(', ')}` : 'there is neither a key file nor an agent to try'
    const advice = `is the public key in ${target.user}'s authorized_keys there?`
    return new Refusal('login', `${where(target)}: the login was refused; ${ways}; ${advice}`, cause)
  }
  if (/no matching host key/i.test(message)) return new Refusal('final', `${where(target)}: ${message}`, cause)
  return new Refusal('passing', `${where(target)}: ${message}`, cause)
}

/**
 * Logs in, asking for the host's other keys where the first shown is not the pinned one.
 *
 * @param open - makes a new stream to the host
 * @throws Refusal
 */
export const login = async (target: Target, open: () => Promise<Duplex>): Promise<Client> => {
  let first: Refusal | undefined
  for (const offer of offersFor(target)) {
    try {
      return await loginOnce(target, await open(), offer)
    } catch (error) {
      if (!(error instanceof Refusal && error.kind === 'final' && target.pin !== undefined)) throw error
      if (!/no matching host key/i.test(error.message)) first ??= error
    }
  }
  throw first ?? new Refusal('final', `${where(target)}: it has no host key of a type that is known here`)
}
