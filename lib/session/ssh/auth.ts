import { readFile } from 'node:fs/promises'
import ssh2, { type AgentAuthMethod, type NextAuthHandler, type ParsedKey, type PublicKeyAuthMethod } from 'ssh2'
import { Refusal } from './refusal.ts'
import type { Target } from './target.ts'

type Method = PublicKeyAuthMethod | AgentAuthMethod

/** The ways in, one after the other, and what came of each for the message when there was none. */
export interface Ways {
  readonly tried: readonly string[]
  next(): Promise<Method | undefined>
}

const ENCRYPTED = /encrypted|passphrase/i

/** @returns the key, or why it cannot be used */
const parse = (content: Buffer, passphrase: string | undefined): ParsedKey | Error => {
  const parsed = ssh2.utils.parseKey(content, passphrase)
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (key === undefined) return new Error('it holds no key')
  return key instanceof Error || key.isPrivateKey() ? key : new Error('it holds a public key only')
}

/** The inventory's own key: it must be there and, unless an agent may hold it, open. @throws Refusal */
const inventoryKey = async (target: Target, file: string): Promise<ParsedKey | string> => {
  const fail = (reason: string) => new Refusal('final', `${target.name}: identityFile ${file}: ${reason}`)
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw fail(error.code === 'ENOENT' ? 'there is no such file' : error.message)
  })
  const key = parse(content, target.passphrase?.reveal())
  if (!(key instanceof Error)) return key
  if (!ENCRYPTED.test(key.message)) throw fail(key.message)
  if (target.passphrase !== undefined) throw fail(`${target.passphrase} does not open it`)
  const advice = 'it needs a passphrase: ssh-add it, or give the host a passphrase in the inventory'
  if (target.agent === undefined) throw fail(advice)
  return `${file} (${advice})`
}

const defaultKey = async (file: string): Promise<ParsedKey | string | undefined> => {
  const content = await readFile(file).catch(() => undefined)
  if (content === undefined) return undefined
  const key = parse(content, undefined)
  if (!(key instanceof Error)) return key
  return ENCRYPTED.test(key.message) ? `${file} (it needs a passphrase: ssh-add it)` : `${file} (${key.message})`
}

/** How many keys an agent has, or undefined where nobody answers. */
const agentKeys = (socket: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const late = setTimeout(() => resolve(undefined), 5000)
    ssh2.createAgent(socket).getIdentities((error, keys) => {
      clearTimeout(late)
      resolve(error ? undefined : (keys?.length ?? 0))
    })
  })

/**
 * How to log in, in OpenSSH's manner: the inventory's key, the agent's keys, then ssh_config's or the default files.
 * Never a password. Files are opened only when their turn comes.
 */
export const waysIn = (target: Target): Ways => {
  const tried: string[] = []
  const username = target.user
  const use = (file: string, key: ParsedKey | string | undefined): Method[] => {
    if (key === undefined) return []
    tried.push(typeof key === 'string' ? key : file)
    return typeof key === 'string' ? [] : [{ type: 'publickey', username, key }]
  }
  async function* ways(): AsyncGenerator<Method, undefined> {
    if (target.identityFile !== undefined)
      yield* use(target.identityFile, await inventoryKey(target, target.identityFile))
    if (target.agent !== undefined) {
      const count = await agentKeys(target.agent)
      tried.push(
        count === undefined ? `the agent at ${target.agent} (it does not answer)` : `the agent (${count} keys)`,
      )
      if (count !== undefined && count > 0) yield { type: 'agent', username, agent: target.agent }
    }
    for (const file of target.identityFiles) if (file !== target.identityFile) yield* use(file, await defaultKey(file))
  }
  const iterator = ways()
  return { tried, next: async () => (await iterator.next()).value }
}

/** How ssh2 is told that there is nothing left to try (its README, `authHandler`); missing in its types. */
const NOTHING_LEFT = false as never

/** Hands the ways in to ssh2 as it asks for them. @param onError - told what ends the login before its end */
export const authHandler =
  (ways: Ways, onError: (error: Error) => void) =>
  (_left: unknown, _partial: unknown, next: NextAuthHandler): void => {
    ways.next().then(
      (method) => next(method ?? NOTHING_LEFT),
      (error: unknown) => {
        onError(error instanceof Error ? error : new Error(String(error)))
        next(NOTHING_LEFT)
      },
    )
  }
