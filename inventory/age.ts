import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isMap, isScalar, parseDocument } from 'yaml'
import { Secret } from '../lib/language/secret.ts'
import type { Place, Problem } from './problem.ts'
import type { Env } from './secrets.ts'

/** `secrets.age`: not there, not to be opened, or open. */
export interface Vault {
  readonly file: Place
  readonly state:
    | { readonly kind: 'absent' }
    | { readonly kind: 'broken'; readonly problem: Problem }
    | { readonly kind: 'open'; readonly values: ReadonlyMap<string, string> }
}

/** Opens a file of secrets, a YAML or JSON map that age has encrypted. Never throws; whatever is wrong is one problem. */
export const openVault = async (path: string, env: Env): Promise<Vault> => {
  const file = { file: path, line: 0, column: 0 }
  try {
    const sealed = await readIfThere(path)
    if (sealed === undefined) return { file, state: { kind: 'absent' } }
    const text = await decrypt(sealed, await readKeys(env))
    return { file, state: { kind: 'open', values: parse(text) } }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { file, state: { kind: 'broken', problem: { ...file, message } } }
  }
}

const readIfThere = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new Error(`cannot be read: ${String(code)} (${path})`)
  }
}

interface Keys {
  readonly keys: readonly string[]
  readonly source: string
}

/** The identities from `TRUEUP_AGE_KEY`, else from the key file, as age-keygen writes it. */
const readKeys = async (env: Env): Promise<Keys> => {
  const path = join(env['HOME'] ?? homedir(), '.config/trueup/key.txt')
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

/** age-encryption takes 100 ms to load, so that only those wait who need it. */
const decrypt = async (sealed: Buffer, { keys, source }: Keys): Promise<string> => {
  const age = await import('age-encryption')
  const decrypter = new age.Decrypter()
  try {
    for (const key of keys) decrypter.addIdentity(key)
  } catch {
    throw new Error(`cannot be opened: the key in ${source} is damaged; copy all of it again`)
  }
  const armored = sealed.subarray(0, 200).toString().trimStart().startsWith('-----BEGIN AGE')
  if (!armored && !sealed.subarray(0, 25).toString().startsWith('age-encryption.org/')) {
    throw new Error('is not an age file; encrypt it with age -r RECIPIENT')
  }
  try {
    return await decrypter.decrypt(armored ? age.armor.decode(sealed.toString()) : sealed, 'text')
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    if (!/identity|identities/i.test(reason)) throw new Error(`is damaged (${reason}); restore it from a copy`)
    const recipients = await Promise.all(keys.map((key) => age.identityToRecipient(key)))
    throw new Error(`is not encrypted for the key in ${source}; encrypt it for ${recipients.join(' or ')}`)
  }
}

/** The secrets in the text: names and texts only. Says where it is wrong, and never what is there. */
const parse = (text: string): Map<string, string> => {
  const document = parseDocument(text, { schema: 'failsafe', prettyErrors: false, stringKeys: true })
  const trouble = document.errors[0] ?? document.warnings[0]
  const rule = 'inside is a map of names and texts, such as postgres_password: "…"'
  if (trouble) throw new Error(`holds no valid YAML (${trouble.code}, line ${lineOf(text, trouble.pos[0])}); ${rule}`)
  if (!isMap(document.contents)) throw new Error(`holds no map; ${rule}`)
  return new Map(
    document.contents.items.map(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : ''
      if (!isScalar(value) || typeof value.value !== 'string') throw new Error(`holds no text for ${name}; ${rule}`)
      return [name, value.value]
    }),
  )
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
