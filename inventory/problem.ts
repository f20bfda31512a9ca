import { relative } from 'node:path'

/** A spot in a file; lines and columns count from 1, and a line of 0 means the file as a whole. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What is wrong at a place: what was found and what is allowed. */
export interface Problem extends Place {
  readonly message: string
}

/** `inventory/production.yml:4:11`, relative to the working directory where it is below it. */
export const showPlace = ({ file, line, column }: Place): string => {
  const path = relative('', file) || file
  const short = path.startsWith('..') ? file : path
  return line === 0 ? short : `${short}:${line}:${column}`
}

const inOrder = (a: Problem, b: Problem) =>
  a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.message.localeCompare(b.message)

/** Everything that is wrong with an inventory, in the order of the file, each thing once. */
export class InventoryError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const unique = new Map(problems.map((problem) => [`${showPlace(problem)}  ${problem.message}`, problem]))
    const sorted = [...unique].sort(([, a], [, b]) => inOrder(a, b))
    super(sorted.map(([line]) => line).join('\n'))
    this.name = 'InventoryError'
    this.problems = sorted.map(([, problem]) => problem)
  }
}
