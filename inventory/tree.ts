import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, Scalar, visit } from 'yaml'
import type { Entry, Node } from './node.ts'
import type { Place, Problem } from './problem.ts'
import { explainNumber } from './syntax.ts'

/** Far more than any inventory needs; aliases of aliases of aliases would soon pass it. */
const mostValues = 200_000
const deepest = 100

/** Thrown where reading on makes no sense. */
export class TooMuch extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

type PlaceOf = (offset: number) => Place

/** A parsed document as a tree of values with places: aliases followed, `<<` merged, our tags read. */
export const grow = (
  document: Document.Parsed,
  source: string,
  place: PlaceOf,
): { root: Node; problems: Problem[] } => {
  const grower = new Grower(document, source, place)
  return { root: grower.node(document.contents, place(0), []), problems: grower.problems }
}

class Grower {
  readonly problems: Problem[] = []
  readonly #source: string
  readonly #place: PlaceOf
  /** What each alias stands for: the last such anchor before it. */
  readonly #targets = new Map<unknown, unknown>()
  #values = 0

  constructor(document: Document.Parsed, source: string, place: PlaceOf) {
    this.#source = source
    this.#place = place
    const anchors = new Map<string, unknown>()
    visit(document, {
      Value: (_, node) => void (node.anchor === undefined || anchors.set(node.anchor, node)),
      Alias: (_, alias) => void this.#targets.set(alias, anchors.get(alias.source)),
    })
  }

  /** `around` is where a value without any text of its own is said to be: at its key. */
  node(value: unknown, around: Place, above: readonly unknown[]): Node {
    if (++this.#values > mostValues)
      throw new TooMuch({ ...around, message: `more than ${mostValues} values, by aliases` })
    if (above.length > deepest) throw new TooMuch({ ...around, message: `nested more than ${deepest} levels deep` })
    if (above.includes(value)) throw new TooMuch({ ...around, message: 'an alias of something that it is part of' })
    const inside = [...above, value]
    if (isAlias(value)) return this.#follow(value.source, value, this.#start(value, around), inside)
    if (isScalar(value)) return this.#scalar(value, around)
    if (isMap(value)) {
      return { kind: 'map', at: this.#start(value, around), entries: this.#entries(value.items, around, inside) }
    }
    if (!isSeq(value)) return nothing(around)
    const at = this.#start(value, around)
    const items = value.items.map((item) => this.node(item, at, inside))
    if (value.tag !== '!join' && value.tag !== '!url') return { kind: 'list', at, items }
    for (const item of items) {
      const fits = item.kind === 'secret' || item.kind === 'text' || (item.kind === 'scalar' && item.value !== null)
      if (!fits) this.#report(item.at, `${value.tag} takes text, !secret, !file, !join and !url only`)
    }
    return { kind: 'text', at, encode: value.tag === '!url', parts: items }
  }

  #follow(name: string, alias: unknown, at: Place, inside: readonly unknown[]): Node {
    const target = this.#targets.get(alias)
    if (target !== undefined) return this.node(target, at, inside)
    this.#report(at, `*${name} stands for nothing; mark a value before it with &${name}`)
    return nothing(at)
  }

  #scalar(scalar: Scalar, around: Place): Node {
    const { value, source = '' } = scalar
    const at =
      source === '' && scalar.type === Scalar.PLAIN && scalar.tag === undefined ? around : this.#start(scalar, around)
    if (scalar.tag === '!secret') {
      const name = String(value)
      if (!/^[A-Za-z0-9_][\w.-]*$/.test(name)) {
        const found = name === '' ? 'nothing' : JSON.stringify(name)
        this.#report(at, `!secret names ${found}; a name is letters, digits, _ . and -`)
      }
      return { kind: 'secret', at, name }
    }
    if (scalar.tag === '!file') {
      const path = String(value)
      if (path === '') this.#report(at, '!file names nothing; it takes a path')
      return { kind: 'secret', at, name: `file ${path}`, path }
    }
    const wrong = typeof value === 'number' ? explainNumber(source, value) : undefined
    if (wrong !== undefined) this.#report(at, wrong)
    const simple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return { kind: 'scalar', at, value: simple ? value : null, source }
  }

  /** A map's entries: its own, and then what `<<` adds. */
  #entries(pairs: readonly Pair[], around: Place, inside: readonly unknown[]): Map<string, Entry> {
    const entries = new Map<string, Entry>()
    const bases: Entry[] = []
    for (const pair of pairs) {
      const name = isScalar(pair.key) ? String(pair.key.value) : ''
      const at = isScalar(pair.key) ? this.#place(pair.key.range?.[0] ?? 0) : around
      const entry = { key: at, value: this.node(pair.value, at, inside) }
      const first = entries.get(name)
      if (name === '<<') bases.push(entry)
      else if (name === '__proto__' || name === '') this.#report(at, `${JSON.stringify(name)} cannot be a key`)
      else if (first === undefined) entries.set(name, entry)
      else
        this.#report(at, `duplicate key ${JSON.stringify(name)}, already on line ${first.key.line}; keep one of them`)
    }
    for (const { key, value } of bases) {
      for (const base of value.kind === 'list' ? value.items : [value]) {
        if (base.kind !== 'map') this.#report(key, '<< takes a map, an alias of one, or a list of them')
        else for (const [name, entry] of base.entries) if (!entries.has(name)) entries.set(name, entry)
      }
    }
    return entries
  }

  /** Where a value begins: at its tag, where it has one of ours. */
  #start({ tag, range }: { tag?: string; range?: readonly number[] | null }, around: Place): Place {
    const start = range?.[0]
    if (start === undefined) return around
    return this.#place(tag?.startsWith('!') ? Math.max(0, this.#source.lastIndexOf(tag, start)) : start)
  }

  #report(at: Place, message: string): void {
    this.problems.push({ ...at, message })
  }
}

const nothing = (at: Place): Node => ({ kind: 'scalar', at, value: null, source: '' })
