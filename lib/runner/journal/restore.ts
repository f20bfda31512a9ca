import type { RememberedChange, RememberedRun, State } from './read.ts'

/** A path as a run found it, and as it left it. */
export interface Restoration {
  readonly path: string
  readonly before: State
  /** Nothing where it is not known. */
  readonly after: State | undefined
  /** The file that was there, below the run's folder. */
  readonly kept: string | undefined
  /** By the changes that touched it. */
  readonly handlers: RememberedChange['begun']['handlers']
}

export const same = (a: State, b: State): boolean =>
  a.type === b.type && a.mode === b.mode && a.owner === b.owner && a.content === b.content

/** What undoing a run puts back, newest first: each path once, as it was before the run first touched it. */
export const restorations = ({ changes }: RememberedRun): Restoration[] => {
  const found = new Map<string, Restoration>()
  for (const { begun, paths } of changes) {
    for (const { path, before, after, kept } of paths) {
      const first = found.get(path) ?? { before, kept, handlers: [] }
      // Again at the end: the order is that of the last change.
      found.delete(path)
      const handlers = [...first.handlers, ...begun.handlers]
      found.set(path, { path, before: first.before, kept: first.kept, after, handlers })
    }
  }
  return [...found.values()].filter(({ before, after }) => after === undefined || !same(before, after)).reverse()
}

/** The changes that were more than a matter of files: undoing a run leaves them as they are. */
export const others = (run: RememberedRun): string[] =>
  run.changes.flatMap(({ begun, told, paths }) =>
    told?.status === 'changed' && paths.every(({ before, after }) => after !== undefined && same(before, after))
      ? [`${begun.role} “${begun.task}”`]
      : [],
  )

/** Why a path cannot be put back, if it cannot. */
export const lacking = ({ path, before, kept }: Restoration): string | undefined => {
  if (before.type === 'file' && (kept === undefined || kept === 'no')) return `${path} was too large to be kept`
  return ['file', 'link', 'directory', 'absent'].includes(before.type)
    ? undefined
    : `${path} was neither a file, nor a link, nor a folder`
}
