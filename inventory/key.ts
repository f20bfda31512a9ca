import { mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Secret } from '../lib/language/secret.ts'
import { createFile, replaceFile } from './replace-file.ts'
import type { Env } from './secrets.ts'

/** The keys (age's identities) that there are, the one in use first. */
export interface Keys {
  readonly keys: readonly string[]
  /** Where they were found, for messages. */
  readonly source: string
}

/** Where the keys are unless TRUEUP_AGE_KEY holds them. */
export const keyFile = (env: Env): string => join(env['HOME'] ?? homedir(), '.config/trueup/key.txt')

/** Reads a file; nothing where there is none. @throws Error */
export const readIfThere = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new Error(`cannot be read: ${String(code)} (${path})`)
  }
}

/**
 * The keys from `TRUEUP_AGE_KEY`, else from the key file, as age-keygen writes it.
 *
 * @throws Error saying what is missing, and nothing of a key
 */
export const readKeys = async (env: Env): Promise<Keys> => {
  const path = keyFile(env)
  const given = env['TRUEUP_AGE_KEY'] || undefined
  const text = given ?? (await readIfThere(path))?.toString()
  if (text === undefined) {
    throw new Error(`cannot be opened without a key; set TRUEUP_AGE_KEY, or put the key into ${path}`)
  }
  const source = given === undefined ? path : 'TRUEUP_AGE_KEY'
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }))
  const keys = lines.filter(({ line }) => line !== '' && !line.startsWith('#'))
  for (const { line } of keys) new Secret('age key', line)
  const bad = keys.find(({ line }) => !/^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/i.test(line))
  const rule = 'a key is one line, AGE-SECRET-KEY-1…, as age-keygen writes it'
  if (keys.length === 0) throw new Error(`cannot be opened: ${source} holds no key; ${rule}`)
  if (bad) throw new Error(`cannot be opened: line ${bad.number} of ${source} is no age key; ${rule}`)
  return { keys: keys.map(({ line }) => line.toUpperCase()), source }
}

/** A new key and its public half. */
export interface KeyPair {
  readonly key: string
  readonly recipient: string
}

/** Makes a key, of the kind that every age can read. */
export const newKey = async (): Promise<KeyPair> => {
  const age = await import('age-encryption')
  const key = await age.generateX25519Identity()
  new Secret('age key', key)
  return { key, recipient: await age.identityToRecipient(key) }
}

const entry = ({ key, recipient }: KeyPair): string =>
  `# made by trueup, ${new Date().toISOString()}\n# public key: ${recipient}\n${key}\n`

/** Writes the first key into its file: 0600, in a folder that is only ours. @throws Error where there is one already */
export const writeFirstKey = async (pair: KeyPair, env: Env): Promise<string> => {
  const path = keyFile(env)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await createFile(path, entry(pair))
  return path
}

/** Puts a key before those in the key file: they stay, since older copies open with nothing else. */
export const writeNextKey = async (pair: KeyPair, env: Env): Promise<void> => {
  const path = keyFile(env)
  const before = (await readIfThere(path)) ?? Buffer.alloc(0)
  const kept = `# replaced by the key above; older copies of secrets.age open with it alone\n${before.toString()}`
  await replaceFile(path, before, `${entry(pair)}\n${kept}`)
}
