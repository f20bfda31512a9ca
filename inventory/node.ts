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

/** `!secret name` or `!file path`, not looked up yet. */
export interface SecretNode {
  readonly kind: 'secret'
  readonly at: Place
  /** What it is called wherever its value would be. */
  readonly name: string
  /** Of a `!file`: as it is written, from the inventory's folder. */
  readonly path?: string
}

/** `!join [ … ]`, or `!url [ … ]`, which percent-encodes. */
export interface TextNode {
  readonly kind: 'text'
  readonly at: Place
  readonly encode: boolean
  readonly parts: readonly Node[]
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
