import { isMap, isScalar, parseDocument } from 'yaml'
import { type Keys, readIfThere, readKeys } from './key.ts'
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
    const text = await unseal(sealed, await readKeys(env))
    return { file, state: { kind: 'open', values: parseSecrets(text) } }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { file, state: { kind: 'broken', problem: { ...file, message } } }
  }
}

/** What age wrote, armored or not, as it is without armor. @throws Error where age did not write it */
export const unarmored = async (sealed: Buffer): Promise<Uint8Array> => {
  if (sealed.subarray(0, 25).toString().startsWith('age-encryption.org/')) return sealed
  if (!isArmored(sealed)) throw new Error('is not an age file; encrypt it with age -r RECIPIENT')
  const { armor } = await import('age-encryption')
  try {
    return armor.decode(sealed.toString())
  } catch (error) {
    throw new Error(`is damaged (${error instanceof Error ? error.message : ''}); restore it from a copy`)
  }
}

/** Whether it is text, which git and people can look at. */
export const isArmored = (sealed: Buffer): boolean =>
  sealed.subarray(0, 200).toString().trimStart().startsWith('-----BEGIN AGE')

/**
 * Decrypts. age-encryption takes 100 ms to load, so that only those wait who need it.
 *
 * @throws Error saying which key is missing, or what is damaged
 */
export const unseal = async (sealed: Buffer, { keys, source }: Keys): Promise<string> => {
  const age = await import('age-encryption')
  const decrypter = new age.Decrypter()
  try {
    for (const key of keys) decrypter.addIdentity(key)
  } catch {
    throw new Error(`cannot be opened: the key in ${source} is damaged; copy all of it again`)
  }
  const bytes = await unarmored(sealed)
  try {
    return await decrypter.decrypt(bytes, 'text')
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    if (!/identity|identities/i.test(reason)) throw new Error(`is damaged (${reason}); restore it from a copy`)
    const recipients = await Promise.all(keys.map((key) => age.identityToRecipient(key)))
    throw new Error(`is not encrypted for the key in ${source}; encrypt it for ${recipients.join(' or ')}`)
  }
}

/** How secrets are read as YAML: whatever stands there is a text. */
export const YAML = { schema: 'failsafe', prettyErrors: false, stringKeys: true } as const

/**
 * The secrets in a text: names and texts only; none in a text of comments.
 *
 * @throws Error saying where it is wrong, and never what is there
 */
export const parseSecrets = (text: string): Map<string, string> => {
  const document = parseDocument(text, YAML)
  const trouble = document.errors[0] ?? document.warnings[0]
  const rule = 'inside is a map of names and texts, such as postgres_password: "…"'
  if (trouble) throw new Error(`holds no valid YAML (${trouble.code}, line ${lineOf(text, trouble.pos[0])}); ${rule}`)
  if (document.contents === null) return new Map()
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
