import { join, type MaybeSecret, Secret } from '../lib/language/secret.ts'
import type { Place } from './problem.ts'

/** A value of the inventory that knows where it was written. */
export type Node = MapNode | ListNode | ScalarNode | SecretNode | TextNode

export interface MapNode {
  readonly kind: 'map'
  readonly at: Place
  readonly entries: ReadonlyMap<string, Entry>
}

/** A value under a key; the key has a place of its own. */
export interface Entry {
  readonly key: Place
  readonly value: Node
}

export interface ListNode {
  readonly kind: 'list'
  readonly at: Place
  readonly items: readonly Node[]
}

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly at: Place
  readonly value: string | number | boolean | null
  /** As it was typed: `1.10`, where the value is 1.1. */
  readonly source: string
}

/** `!secret name`, not looked up yet. */
export interface SecretNode {
  readonly kind: 'secret'
  readonly at: Place
  readonly name: string
}

/** `!join [ … ]`, or `!url [ … ]`, which percent-encodes. */
export interface TextNode {
  readonly kind: 'text'
  readonly at: Place
  readonly encode: boolean
  readonly parts: readonly Node[]
}

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

/** A step into a node: a map's key or a list's index. */
export type Step = PropertyKey

/** What is at a path: the value, where it is, and where its key is. */
export interface Found {
  readonly at: Place
  readonly key: Place
  readonly node: Node | undefined
}

/** Follows a path as far as it goes; where something is missing, both places are those of the last thing found. */
export const find = (root: Node, path: readonly Step[], start: Place = root.at): Found => {
  let key = start
  let node: Node = root
  for (const step of path) {
    const entry = node.kind === 'map' ? node.entries.get(String(step)) : undefined
    const next = node.kind === 'list' ? node.items[Number(step)] : entry?.value
    if (next === undefined) return { at: key, key, node: undefined }
    key = entry?.key ?? next.at
    node = next
  }
  return { at: node.kind === 'map' || node.kind === 'list' ? key : node.at, key, node }
}

/** The map at a path, if there is one. */
export const mapAt = (root: Node, path: readonly Step[]): MapNode | undefined => {
  const { node } = find(root, path)
  return node?.kind === 'map' ? node : undefined
}
