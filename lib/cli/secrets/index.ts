import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseSecrets } from '../../../inventory/age.ts'
import { keyFile, newKey, readIfThere, readKeys, writeFirstKey, writeNextKey } from '../../../inventory/key.ts'
import { defaultInventory, loadInventory } from '../../../inventory/load.ts'
import { showPlace } from '../../../inventory/problem.ts'
import { parseRecipients, recipientsFile } from '../../../inventory/recipients.ts'
import { replaceFile } from '../../../inventory/replace-file.ts'
import { variableOf } from '../../../inventory/secrets.ts'
import { secretsIn } from '../../../inventory/value.ts'
import { openToChange, save, withSecret } from '../../../inventory/vault.ts'
import { note } from '../note.ts'
import type { Invocation } from '../options.ts'
import { edit } from './edit.ts'
import { newValue } from './value.ts'
import { UsageError } from '../usage.ts'

const say = (...lines: readonly string[]) => process.stdout.write(lines.map((line) => `${line}\n`).join(''))
const { env } = process

/** Works on `secrets.age`, the encrypted secrets beside the inventory. */
export const secrets = async ({ words, options }: Invocation): Promise<number> => {
  const [verb = '', name, ...more] = words
  const inventory = resolve(options.inventory ?? defaultInventory(env))
  const path = join(dirname(inventory), 'secrets.age')
  if ((name !== undefined) !== (verb === 'set') || more.length > 0) throw new UsageError(usage(verb))
  switch (verb) {
    case 'init':
      return await init(path)
    case 'list':
      return await list(inventory, path)
    case 'set':
      return await set(path, name ?? '')
    case 'edit':
      await ready(path)
      return await edit(path, note)
    case 'rotate':
      return await rotate(path)
    default:
      throw new UsageError(usage(verb))
  }
}

const usage = (verb: string): string =>
  verb === 'set'
    ? 'secrets set NAME; the value is asked for, or read from stdin, and never typed into a command line'
    : 'secrets init | list | set NAME | edit | rotate'

/** @throws UsageError saying how one begins, or where the inventory is not */
const ready = async (path: string): Promise<void> => {
  if ((await stat(dirname(path)).catch(() => undefined))?.isDirectory() !== true)
    throw new UsageError(`there is no folder ${dirname(path)}; name the inventory with -i FILE`)
  const file = keyFile(env)
  const found = await stat(file).catch(() => undefined)
  if (!env['TRUEUP_AGE_KEY'] && found === undefined)
    throw new UsageError(`there is no key yet (${file}); begin with: trueup secrets init`)
  if (found !== undefined && (found.mode & 0o077) !== 0) note(`${file} can be read by others; chmod 600 ${file}`)
}

/** Makes what is missing of a key and a file of secrets, and nothing else. */
const init = async (path: string): Promise<number> => {
  const file = keyFile(env)
  if (!env['TRUEUP_AGE_KEY'] && (await readIfThere(file)) === undefined) {
    const pair = await newKey()
    await writeFirstKey(pair, env)
    say(
      `Your key is in ${file}. Keep a copy somewhere safe: without it nobody opens your secrets again.`,
      `Its public half: ${pair.recipient}`,
    )
  } else say(`Your key is there already (${(await readKeys(env)).source}).`)
  await ready(path)
  if ((await readIfThere(path)) !== undefined) {
    say(`${shown(path)} is there already.`)
    return 0
  }
  const vault = await openToChange(path, env)
  await save(vault, vault.text)
  say(
    `${shown(path)} is made: encrypted, and safe to commit.`,
    'Next: trueup secrets set NAME, and in the inventory: !secret NAME',
  )
  return 0
}

const set = async (path: string, name: string): Promise<number> => {
  if (!/^[A-Za-z_][\w.-]*$/.test(name))
    throw new UsageError('the name of a secret is of letters, digits, _ . and -, and begins with a letter')
  await ready(path)
  const vault = await openToChange(path, env)
  const known = parseSecrets(vault.text).has(name)
  const value = await newValue(name)
  await save(vault, withSecret(vault.text, name, value.reveal()))
  say(`${name} is ${known ? 'replaced' : 'set'} in ${shown(path)}; the inventory says !secret ${name}`)
  return 0
}

/** Names only: those in the file, and those that the inventory asks for. */
const list = async (inventory: string, path: string): Promise<number> => {
  const { root } = loadInventory(inventory, { env })
  const wanted = new Map(secretsIn(root).flatMap((node) => (node.path === undefined ? [[node.name, node.at]] : [])))
  const sealed = (await readIfThere(path)) !== undefined
  const held = sealed ? parseSecrets((await openToChange(path, env)).text) : new Map<string, string>()
  const names = [...new Set([...held.keys(), ...wanted.keys()])].sort()
  const width = Math.max(...names.map((name) => name.length), 0)
  for (const name of names) {
    const at = wanted.get(name)
    const where = env[variableOf(name)] !== undefined ? variableOf(name) : held.has(name) ? shown(path) : 'missing'
    say(
      `${name.padEnd(width)}  ${where}${at === undefined ? '  (not used)' : where === 'missing' ? `  (${showPlace(at)})` : ''}`,
    )
  }
  if (names.length === 0) note(`there are none; trueup secrets set NAME makes one`)
  return 0
}

/** A new key, and the secrets encrypted for it and not for the old one any more. */
const rotate = async (path: string): Promise<number> => {
  if (env['TRUEUP_AGE_KEY'])
    throw new UsageError(
      `the key is in TRUEUP_AGE_KEY, where only you can replace it; put it into ${keyFile(env)} to rotate it`,
    )
  await ready(path)
  const vault = await openToChange(path, env)
  if (vault.sealed === undefined)
    throw new UsageError(`there is no ${shown(path)} to rotate; begin with: trueup secrets init`)
  const pair = await newKey()
  await writeNextKey(pair, env)
  await replaceRecipient(path, vault.keys.keys, pair.recipient)
  await save(vault, vault.text, { keys: [pair.key], source: vault.keys.source })
  say(
    `${shown(path)} is encrypted for a new key and does not open with the old one any more. Copy ${keyFile(env)} again.`,
    'The old key stays below the new one in it, for older copies of secrets.age and other inventories.',
    'If the old key was seen by others, so were the secrets: change them, too.',
  )
  return 0
}

const replaceRecipient = async (path: string, old: readonly string[], recipient: string): Promise<void> => {
  const file = recipientsFile(path)
  const before = await readIfThere(file)
  if (before === undefined) return
  const { identityToRecipient } = await import('age-encryption')
  const mine = await Promise.all(old.map((key) => identityToRecipient(key)))
  const text = before.toString()
  const found = parseRecipients(text).filter((one) => mine.includes(one))
  const after = found.reduce((changed, one) => changed.replaceAll(one, recipient), text)
  await replaceFile(file, before, found.length > 0 ? after : `${text.trimEnd()}\n${recipient}\n`)
}

const shown = (file: string): string => showPlace({ file, line: 0, column: 0 })
