import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import pRetry from 'p-retry'
import type { Client } from 'ssh2'
import { Refusal } from './refusal.ts'
import { openSocket } from './socket.ts'
import type { Route, Target } from './target.ts'

/** A login at the end of the route. */
export interface Reached {
  readonly client: Client
  readonly target: Target
  /** Ends it, and the connections to the jump hosts. */
  end(): void
}

/**
 * Logs in by a stream that is opened while what speaks SSH is loaded: a host takes its time to begin as well.
 *
 * @param open - makes a new stream to the host
 * @throws Refusal
 */
const login = async (target: Target, open: () => Promise<Duplex>): Promise<Client> => {
  let first: Promise<Duplex> | undefined = open()
  first.catch(() => {})
  // Node only dials once it has nothing else to do.
  await new Promise((resume) => setImmediate(resume))
  const ssh = await import('./connect.ts')
  return ssh.login(target, () => {
    const stream = first ?? open()
    first = undefined
    return stream
  })
}

/** A channel of a jump host to the next one. It is half-open: without end() it would stay when the other side closed. */
const forward = (jump: Client, via: Target, { address, port, name }: Target): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    jump.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
      if (error) {
        const message = `${name}: the jump host ${via.name} cannot reach ${address}:${port}: ${error.message}`
        reject(new Refusal('closed', message, { cause: error }))
        return
      }
      channel.once('end', () => channel.end())
      channel.once('close', () => channel.destroy())
      resolve(channel)
    })
  })

/**
 * Logs in to the jump hosts, each by way of the one before.
 *
 * @returns how to open a stream to what is behind them
 * @throws Refusal
 */
export const through = async (jumps: readonly Target[]) => {
  const hops: { readonly client: Client; readonly target: Target }[] = []
  const end = () => {
    for (const { client } of hops.toReversed()) client.end()
  }
  const open = (target: Target): Promise<Duplex> => {
    const last = hops.at(-1)
    return last === undefined ? openSocket(target) : forward(last.client, last.target, target)
  }
  try {
    for (const target of jumps) hops.push({ client: await login(target, () => open(target)), target })
  } catch (error) {
    end()
    throw error
  }
  return { open, end } as const
}

const reachOnce = async (jumps: readonly Target[], target: Target): Promise<Reached> => {
  const path = await through(jumps)
  let stream: Duplex | undefined
  const open = async () => (stream = await path.open(target))
  try {
    const client = await login(target, open)
    client.once('close', path.end)
    const end = () => {
      client.end()
      // Not before all is said, and not as late as the other side says so, too.
      if (stream instanceof Socket) stream.destroySoon()
    }
    return { client, target, end }
  } catch (error) {
    path.end()
    throw error
  }
}

/** The wanted login, and where that is refused (and for no other reason) the first one. */
const reachAny = async ({ jumps, logins }: Route): Promise<Reached> => {
  const refusals: Refusal[] = []
  for (const target of logins) {
    try {
      return await reachOnce(jumps, target)
    } catch (error) {
      if (!(error instanceof Refusal) || (error.kind !== 'closed' && error.kind !== 'login')) throw error
      refusals.push(error)
    }
  }
  const [only, other] = refusals
  if (only === undefined || other === undefined) throw only ?? new TypeError('a route has at least one login')
  const kind = refusals.some((refusal) => refusal.kind === 'closed') ? 'closed' : 'login'
  throw new Refusal(kind, `${only.message}\nand by the inventory's “first”: ${other.message}`, { cause: only })
}

/**
 * Goes a route to its end. What may pass (nothing listens, no answer, a reset) is tried three times with jitter; a key
 * that does not match or a login that is refused is not.
 *
 * @throws Refusal
 */
export const reach = (route: Route): Promise<Reached> =>
  pRetry(() => reachAny(route), {
    retries: 2,
    minTimeout: 300,
    maxTimeout: 2000,
    randomize: true,
    shouldRetry: ({ error }) => error instanceof Refusal && (error.kind === 'closed' || error.kind === 'passing'),
  })
