import { basename } from 'node:path'
import type { Metafile } from 'esbuild'

/** What every run loads, in that order: each brings what it needs and those before it have not. */
const FIRST = ['main', 'apply', 'config', 'roles', 'open', 'start', 'connect']

/**
 * Which piece each chunk of the program goes into. esbuild makes dozens of small chunks; what is always loaded together
 * is one piece, since each costs a look for what V8 has made of it.
 *
 * @returns the names of pieces by those of chunks; a piece is named after the chunk that asks for the others
 */
export const piecesOf = ({ outputs }: Metafile, chunks: Iterable<string>): ReadonlyMap<string, string> => {
  const imports = new Map(
    Object.entries(outputs).map(([path, output]) => [
      basename(path),
      output.imports.flatMap((one) => (one.kind === 'import-statement' && !one.external ? [basename(one.path)] : [])),
    ]),
  )
  const rank = (name: string): number =>
    (FIRST.indexOf(name.replace(/-\w+\.js$/, '')) + FIRST.length + 1) % (FIRST.length + 1)
  const entries = Object.entries(outputs).flatMap(([path, { entryPoint }]) => (entryPoint ? [basename(path)] : []))
  const pieces = new Map<string, string>()
  const add = (chunk: string, piece: string): void => {
    if (pieces.has(chunk)) return
    pieces.set(chunk, piece)
    for (const other of imports.get(chunk) ?? []) add(other, piece)
  }
  for (const entry of entries.toSorted((one, other) => rank(one) - rank(other))) add(entry, entry)
  for (const chunk of chunks) add(chunk, chunk)
  return pieces
}
