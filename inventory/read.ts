import { LineCounter, parseDocument } from 'yaml'
import type { Node } from './node.ts'
import type { Place, Problem } from './problem.ts'
import { customTags, explainSyntax } from './syntax.ts'
import { grow, TooMuch } from './tree.ts'

/** A YAML file as a tree of values with places, and all that is wrong with it as YAML. */
export interface Read {
  /** Missing where the syntax is so broken that nothing can be said of the values. */
  readonly root: Node | undefined
  readonly problems: readonly Problem[]
}

/** Reads YAML 1.2 with an inventory's tags. Problems don't hide one another. */
export const readYaml = (file: string, source: string): Read => {
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  try {
    const document = parseDocument(source, {
      customTags,
      lineCounter: lines,
      logLevel: 'error',
      merge: true,
      prettyErrors: false,
      resolveKnownTags: false,
      stringKeys: true,
      // Found while the tree grows, where both places are known.
      uniqueKeys: false,
    })
    const deep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION')
    if (deep) return { root: undefined, problems: [{ ...place(deep.pos[0]), message: 'nested too deeply' }] }
    const syntax = [...document.errors, ...document.warnings].map((error) => ({
      ...place(error.pos[0]),
      message: explainSyntax(error, source),
    }))
    const version = document.directives?.yaml
    if (version?.explicit && version.version !== '1.2') {
      syntax.push({ ...place(0), message: `%YAML ${version.version} is not read; remove the line, YAML 1.2 is meant` })
    }
    if (document.errors.length > 0) return { root: undefined, problems: syntax }
    const { root, problems } = grow(document, source, place)
    return { root, problems: [...syntax, ...problems] }
  } catch (error) {
    if (error instanceof TooMuch) return { root: undefined, problems: [error.problem] }
    throw error
  }
}
