import { type Document, parseDocument, Scalar } from 'yaml'
import { isArmored, parseSecrets, unseal, YAML } from './age.ts'
import { type Keys, readIfThere, readKeys } from './key.ts'
import { InventoryError } from './problem.ts'
import { recipientsFor } from './recipients.ts'
import { replaceFile } from './replace-file.ts'
import type { Env } from './secrets.ts'

/** What a new file says to whoever edits it. */
const BEGINNING = '# One secret a line, as in: postgres_password: "…"\n'

/** `secrets.age`, open to be changed. */
export interface OpenVault {
  readonly path: string
  /** As it was found; nothing where there was none. */
  readonly sealed: Buffer | undefined
  readonly text: string
  readonly keys: Keys
}

/** Opens a file of secrets to change it; where there is none, an empty one. @throws InventoryError */
export const openToChange = (path: string, env: Env): Promise<OpenVault> =>
  about(path, async () => {
    const sealed = await readIfThere(path)
    const keys = await readKeys(env)
    const text = sealed === undefined ? BEGINNING : await unseal(sealed, keys)
    return { path, sealed, text, keys }
  })

/**
 * Encrypts a text and puts it in place, once it is proven that it opens again with the key at hand.
 *
 * @param keys - it must open with these alone; the ones that opened it unless given
 * @throws InventoryError; the file is then as it was
 */
export const save = (vault: OpenVault, text: string, keys = vault.keys): Promise<void> =>
  about(vault.path, async () => {
    parseSecrets(text)
    const age = await import('age-encryption')
    const encrypter = new age.Encrypter()
    for (const recipient of await recipientsFor(vault.path, vault.sealed, {
      ...vault.keys,
      keys: [...keys.keys, ...vault.keys.keys],
    }))
      add(encrypter, recipient)
    const sealed = await encrypter.encrypt(text)
    const armored = vault.sealed === undefined || isArmored(vault.sealed)
    await replaceFile(vault.path, vault.sealed, armored ? age.armor.encode(sealed) : sealed, async (written) => {
      if ((await unseal(written, keys)) !== text)
        throw new Error('did not open again with what was written; it is as it was')
    })
  })

const add = (encrypter: { addRecipient(recipient: string): void }, recipient: string): void => {
  try {
    encrypter.addRecipient(recipient)
  } catch (error) {
    throw new Error(`cannot be encrypted for ${recipient}: allowed are public keys of age, age1…`, { cause: error })
  }
}

/**
 * The text with one secret set; its comments, and how the others are written, stay.
 *
 * @throws Error where the text is not what `secrets.age` holds
 */
export const withSecret = (text: string, name: string, value: string): string => {
  const before = parseSecrets(text)
  const document: Document = parseDocument(text, YAML)
  document.contents ??= document.createNode({})
  const scalar = new Scalar(value)
  scalar.type = 'QUOTE_DOUBLE'
  document.set(name, scalar)
  const after = document.toString({ lineWidth: 0 })
  const wanted = [...before.set(name, value)]
  if (JSON.stringify([...parseSecrets(after)]) !== JSON.stringify(wanted))
    throw new Error(`cannot hold this value of ${name}`)
  return after
}

/** Whatever goes wrong is told as a problem of the file. */
const about = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new InventoryError([{ file: path, line: 0, column: 0, message }])
  }
}
