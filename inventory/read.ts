import { isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument, Scalar, visit } from 'yaml'
import type { Entry, Node } from './node.ts'
import type { Place, Problem } from './problem.ts'
import { customTags, explainNumber, explainSyntax } from './syntax.ts'

/** Far more than any inventory needs; aliases of aliases of aliases would soon pass it. */
const mostValues = 200_000
const deepest = 100

/** A YAML file as a tree of values with places, and all that is wrong with it as YAML. */
export interface Read {
  readonly root: Node | undefined
  readonly problems: readonly Problem[]
}

/** Reads YAML. The tree is there only where the syntax is sound; other problems don't hide one another. */
export const readYaml = (file: string, source: string): Read => {
  const reader = new Reader(file, source)
  try {
    return reader.read()
  } catch (error) {
    if (error instanceof Stop) return { root: undefined, problems: [error.problem] }
    if (error instanceof RangeError) {
      return { root: undefined, problems: [{ file, line: 1, column: 1, message: 'nested too deeply to be read' }] }
    }
    throw error
  }
}

/** Thrown where reading on makes no sense. */
class Stop extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

class Reader {
  readonly #file: string
  readonly #source: string
  readonly #lines = new LineCounter()
  readonly #problems: Problem[] = []
  /** What each alias stands for: the last such anchor before it. */
  readonly #targets = new Map<unknown, unknown>()
  #values = 0

  constructor(file: string, source: string) {
    this.#file = file
    this.#source = source
  }

  read(): Read {
    const document = parseDocument(this.#source, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
      stringKeys: true,
      merge: true,
      resolveKnownTags: false,
      customTags,
      logLevel: 'error',
    })
    for (const error of [...document.errors, ...document.warnings]) {
      this.#report(this.#place(error.pos[0]), explainSyntax(error, this.#source))
    }
    const version = document.directives?.yaml
    if (version?.explicit && version.version !== '1.2') {
      this.#report(
        this.#place(0),
        `%YAML ${version.version} changes what values mean; remove the line (YAML 1.2 is read)`,
      )
    }
    if (document.errors.length > 0) return { root: undefined, problems: this.#problems }

    const anchors = new Map<string, unknown>()
    visit(document, {
      Value: (_, node) => void (node.anchor === undefined || anchors.set(node.anchor, node)),
      Alias: (_, alias) => void this.#targets.set(alias, anchors.get(alias.source)),
    })
    const root = this.#node(document.contents, this.#place(0), [])
    return { root, problems: this.#problems }
  }

  /** `around` is where a value that has no text of its own is said to be: at its key. */
  #node(value: unknown, around: Place, above: readonly unknown[]): Node {
    if (++this.#values > mostValues)
      throw new Stop({ ...around, message: `aliases make more than ${mostValues} values of this` })
    if (above.length > deepest) throw new Stop({ ...around, message: `nested more than ${deepest} levels deep` })
    if (above.includes(value)) throw new Stop({ ...around, message: 'an alias that contains itself' })
    const inside = [...above, value]
    if (isAlias(value)) {
      const target = this.#targets.get(value)
      const at = this.#place(value.range?.[0] ?? 0)
      if (target !== undefined) return this.#node(target, at, inside)
      this.#report(at, `*${value.source} has no anchor before it; mark the value it stands for with &${value.source}`)
      return nothing(at)
    }
    if (isMap(value)) {
      return { kind: 'map', at: this.#start(value, around), entries: this.#entries(value.items, around, inside) }
    }
    if (isSeq(value)) {
      const at = this.#start(value, around)
      const items = value.items.map((item) => this.#node(item, at, inside))
      if (value.tag !== '!join' && value.tag !== '!url') return { kind: 'list', at, items }
      for (const item of items) {
        if (item.kind === 'map' || item.kind === 'list' || (item.kind === 'scalar' && item.value === null)) {
          this.#report(item.at, `${value.tag} takes text, !secret, !join and !url only`)
        }
      }
      return { kind: 'text', at, encode: value.tag === '!url', parts: items }
    }
    return isScalar(value) ? this.#scalar(value, around) : nothing(around)
  }

  #scalar(scalar: Scalar, around: Place): Node {
    const at = scalar.source === '' && scalar.type === Scalar.PLAIN ? around : this.#start(scalar, around)
    const { value, source = '' } = scalar
    if (scalar.tag === '!secret') {
      const name = String(value)
      if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
        this.#report(
          at,
          `!secret names ${name === '' ? 'nothing' : JSON.stringify(name)}; a name is letters, digits, _ . and -`,
        )
      }
      return { kind: 'secret', at, name }
    }
    if (typeof value === 'number' && scalar.type === Scalar.PLAIN) {
      const wrong = explainNumber(source, value)
      if (wrong !== undefined) this.#report(at, wrong)
    }
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return { kind: 'scalar', at, value: known ? value : null, source }
  }

  /** A map's entries: its own, and then what `<<` adds. */
  #entries(pairs: readonly Pair[], around: Place, inside: readonly unknown[]): Map<string, Entry> {
    const entries = new Map<string, Entry>()
    const merged: Entry[] = []
    for (const pair of pairs) {
      const key = isScalar(pair.key) ? pair.key : undefined
      if (key === undefined) {
        this.#report(around, 'a key must be plain text')
        continue
      }
      const at = this.#place(key.range?.[0] ?? 0)
      const name = String(key.value)
      const entry = { key: at, value: this.#node(pair.value, at, inside) }
      const first = entries.get(name)
      if (name === '<<' && key.type === Scalar.PLAIN) merged.push(entry)
      else if (name === '__proto__') this.#report(at, '__proto__ cannot be a key')
      else if (first === undefined) entries.set(name, entry)
      else
        this.#report(
          at,
          `duplicate key ${JSON.stringify(name)}; it is already on line ${first.key.line}, keep one of them`,
        )
    }
    for (const { key, value } of merged) {
      for (const source of value.kind === 'list' ? value.items : [value]) {
        if (source.kind !== 'map') this.#report(key, '<< takes a map, an alias of one, or a list of them')
        else for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry)
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

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset)
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) }
  }

  #report(at: Place, message: string): void {
    this.#problems.push({ ...at, message })
  }
}

const nothing = (at: Place): Node => ({ kind: 'scalar', at, value: null, source: '' })
