import { inspect } from 'node:util'

/** Every value that was ever wrapped in a Secret in this process: the masker looks for all of them. */
const known = new Map<string, string>()

/**
 * A value that must never be seen: it has no useful `toString`, does not serialise and is not accepted by `sh`.
 * It reaches a host by {@link stdin}, {@link env} or a file body only.
 */
export class Secret {
  readonly name: string
  readonly #value: string

  /**
   * @param name - what people call it, shown wherever the value would be
   * @param value - the value itself
   */
  constructor(name: string, value: string) {
    this.name = name
    this.#value = value
    if (value !== '') known.set(value, name)
  }

  /** The value itself: for the session that sends it, and for nothing that prints. */
  reveal(): string {
    return this.#value
  }

  /** A secret made from this one (a URL around a password, say); the result is a secret of the same name. */
  map(change: (value: string) => string): Secret {
    return new Secret(this.name, change(this.#value))
  }

  toString(): string {
    return `‹secret ${this.name}›`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/** What a secret is joined with: plain text, or further secrets. */
export type MaybeSecret = string | Secret

/** Joins text and secrets; the result is a Secret as soon as one part is. */
export const join = (parts: readonly MaybeSecret[]): MaybeSecret => {
  const names = parts.flatMap((part) => (part instanceof Secret ? [part.name] : []))
  const text = parts.map((part) => (part instanceof Secret ? part.reveal() : part)).join('')
  return names.length === 0 ? text : new Secret([...new Set(names)].join('+'), text)
}

/** The secrets of this process, longest value first, so that a secret inside another is masked as the longer one. */
export const knownSecrets = (): readonly (readonly [value: string, name: string])[] =>
  [...known].sort(([a], [b]) => b.length - a.length)
