import type { Task } from '../lib/index.ts'
import { type EditOptions, edit } from './text.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const same = (a: Json | undefined, b: Json | undefined): boolean => {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one: Json, index) => same(one, b[index] as Json))
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)])
    return [...keys].every((key) => Object.hasOwn(a, key) && Object.hasOwn(b, key) && same(a[key], b[key]))
  }
  return a === b
}

const merge = (base: Json | undefined, wanted: Json): Json => {
  if (!isObject(wanted) || !isObject(base)) return wanted
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(wanted)) merged.set(key, merge(merged.get(key), value))
  return Object.fromEntries(merged)
}

const indent = (text: string): string => /^[{[]\s*?\n([ \t]+)/.exec(text)?.[1] ?? '  '

/**
 * A JSON text with these settings in it: objects are merged key by key, everything else is replaced, foreign keys stay
 * where they are. A text that holds them all already is returned as it is, whatever its layout.
 *
 * @throws SyntaxError when the text is not JSON; TypeError when it is no object
 */
export const mergeJson = (text: string, settings: JsonObject): string => {
  const base: unknown = text.trim() === '' ? {} : JSON.parse(text)
  if (typeof base !== 'object' || base === null || Array.isArray(base)) throw new TypeError('not a JSON object')
  const before = base as JsonObject
  const after = merge(before, settings)
  return text.trim() !== '' && same(before, after) ? text : `${JSON.stringify(after, null, indent(text))}\n`
}

export interface JsonOptions extends Pick<EditOptions, 'path' | 'validate' | 'notifies'> {
  readonly settings: JsonObject
  readonly title?: string
}

/** A JSON file that has these settings, beside those of others. A file that is not JSON is left alone, and said so. */
export const json = ({ settings, ...options }: JsonOptions): Task =>
  edit({ create: true, title: `settings in ${options.path}`, ...options }, (before) => mergeJson(before, settings))
