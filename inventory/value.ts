import { join, type MaybeSecret, Secret } from '../lib/language/secret.ts'
import type { Node, SecretNode } from './node.ts'

/** Finds a secret by name; undefined while it is not known, or missing. */
export type Lookup = (name: string) => Secret | undefined

/** Percent-encodes all but RFC 3986's unreserved characters, so that the result fits any part of a URL. */
const percent = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte)
    return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')

/** What stands for a secret that is not known: nothing can be read from it, and nothing is masked because of it. */
const unknownSecret = (name: string) => new Secret(name, '')

/** The text that a node makes, or undefined as soon as a secret in it is not known. */
const textOf = (node: Node, lookup: Lookup): MaybeSecret | undefined => {
  if (node.kind === 'secret') return lookup(node.name)
  if (node.kind === 'scalar') return typeof node.value === 'string' ? node.value : node.source
  if (node.kind !== 'text') return undefined
  const parts: MaybeSecret[] = []
  for (const part of node.parts) {
    const text = textOf(part, lookup)
    if (text === undefined) return undefined
    parts.push(text)
  }
  const whole = join(parts)
  if (!node.encode) return whole
  return whole instanceof Secret ? whole.map(percent) : percent(whole)
}

/** The plain value of a node, as a schema wants it: secrets are {@link Secret}s, unknown ones with an empty value. */
export const plain = (node: Node, lookup: Lookup = () => undefined): unknown => {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries(Array.from(node.entries, ([key, { value }]) => [key, plain(value, lookup)]))
    case 'list':
      return node.items.map((item) => plain(item, lookup))
    case 'scalar':
      return node.value
    case 'secret':
    case 'text':
      return textOf(node, lookup) ?? unknownSecret(secretsIn(node)[0]?.name ?? 'text')
  }
}

/** Every `!secret` in a node, however deep. */
export const secretsIn = (node: Node): readonly SecretNode[] => {
  switch (node.kind) {
    case 'map':
      return Array.from(node.entries.values()).flatMap(({ value }) => secretsIn(value))
    case 'list':
      return node.items.flatMap(secretsIn)
    case 'text':
      return node.parts.flatMap(secretsIn)
    case 'secret':
      return [node]
    case 'scalar':
      return []
  }
}
