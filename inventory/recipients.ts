import { dirname, join } from 'node:path'
import { unarmored } from './age.ts'
import { type Keys, readIfThere } from './key.ts'

/** The public keys of all who may open `secrets.age`, one a line, where there is more than one. */
export const recipientsFile = (vault: string): string => join(dirname(vault), 'secrets.recipients')

/** The public keys in a text; # begins a comment. */
export const parseRecipients = (text: string): string[] =>
  text.split('\n').flatMap((line) => line.replace(/#.*/, '').trim() || [])

/**
 * For whom a file is to be encrypted: those in `secrets.recipients`, else whoever is at work.
 *
 * @param sealed - the file as it is
 * @throws Error where somebody could open it and then could not any more
 */
export const recipientsFor = async (path: string, sealed: Buffer | undefined, keys: Keys): Promise<string[]> => {
  const age = await import('age-encryption')
  const [first = ''] = keys.keys
  const mine = await age.identityToRecipient(first)
  const listed = await readIfThere(recipientsFile(path))
  if (listed !== undefined) return parseRecipients(listed.toString())
  const others = sealed === undefined ? 0 : await strangers(sealed, keys)
  if (others === 0) return [mine]
  const who = others === 1 ? 'one more key' : `${others} more keys`
  throw new Error(
    `is encrypted for ${who} than you have; write all public keys, one a line, into ${recipientsFile(path)} (yours is ${mine})`,
  )
}

/** How many could open a file with a key that is not here. */
const strangers = async (sealed: Buffer, { keys }: Keys): Promise<number> => {
  const age = await import('age-encryption')
  const bytes = await unarmored(sealed)
  const opens = async (key: string): Promise<boolean> => {
    const decrypter = new age.Decrypter()
    decrypter.addIdentity(key)
    return decrypter.decrypt(bytes).then(
      () => true,
      () => false,
    )
  }
  const mine = (await Promise.all([...new Set(keys)].map(opens))).filter(Boolean).length
  return Math.max(0, stanzas(bytes) - mine)
}

/** The entries of age's header, one for each key (age-encryption.org/v1); some programs add one that means nothing. */
const stanzas = (bytes: Uint8Array): number => {
  const [header = ''] = Buffer.from(bytes).toString('latin1').split('\n---', 1)
  return header.split('\n').filter((line) => line.startsWith('-> ') && !/^-> \S*-grease(?: |$)/.test(line)).length
}
