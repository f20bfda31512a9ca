import { sh } from '../../language/sh.ts'
import { type BeginLine, EndLine, type HandlerLine, Line, RunLine, type TaskLine } from './lines.ts'

/** Prints what a host remembers (prelude-journal.ts). */
export const readRuns = sh`tu_runs`
/** The same of one run, in full. */
export const readRun = (id: string) => sh`tu_run ${id}`

/** A run in a line. */
export interface Remembered {
  readonly run: RunLine
  /** Nothing where it never came to its end: its runner was killed, or the connection was lost. */
  readonly end: EndLine | undefined
  /** Changes that were begun. */
  readonly begun: number
}

/** What was at a path, before a change or behind it. */
export interface State {
  readonly type: string
  readonly mode: string
  /** Numbers: `0:0`. */
  readonly owner: string
  /** A file's digest, a link's target. */
  readonly content: string
}

/** A path that a change was about to touch. */
export interface Touched {
  readonly path: string
  readonly before: State
  /** Where the host has kept the file that was there, below the run's folder; `no` where it was too large. */
  readonly kept: string | 'no' | undefined
  /** Nothing where the change did not come to its end. */
  readonly after: State | undefined
}

/** A change of a run. */
export interface RememberedChange {
  readonly begun: BeginLine
  /** What was told of it in the end. */
  readonly told: TaskLine | undefined
  readonly paths: readonly Touched[]
}

/** A run in full. */
export interface RememberedRun extends Remembered {
  readonly changes: readonly RememberedChange[]
  readonly handlers: readonly HandlerLine[]
}

const fields = (output: Buffer): string[] => output.toString().split('\0').slice(0, -1)

/** Reads what {@link readRuns} printed; a journal that cannot be read is passed over. */
export const parseRuns = (output: Buffer): Remembered[] => {
  const all = fields(output)
  return Array.from({ length: all.length / 4 }, (_, index) => all.slice(index * 4, index * 4 + 4)).flatMap(
    ([, first = '', last = '', begun = '']) => {
      const run = RunLine.safeParse(json(first))
      if (!run.success) return []
      return [{ run: run.data, end: EndLine.safeParse(json(last)).data, begun: Number(begun) }]
    },
  )
}

/** Reads what {@link readRun} printed; nothing where the host does not know the run. */
export const parseRun = (output: Buffer): RememberedRun | undefined => {
  const [journal = '', ...rest] = fields(output)
  const lines = journal.split('\n').flatMap((text) => Line.safeParse(json(text)).data ?? [])
  const run = lines.find((line) => line.event === 'run')
  if (run === undefined) return undefined
  const paths = touched(rest)
  // What was sent again after a lost connection stands there twice: the last word counts.
  const begun = new Map(lines.flatMap((line) => (line.event === 'begin' ? [[line.change, line] as const] : [])))
  const told = new Map(lines.flatMap((line) => (line.event === 'task' ? [[key(line), line] as const] : [])))
  const handlers = new Map(lines.flatMap((line) => (line.event === 'handler' ? [[key(line), line] as const] : [])))
  return {
    run,
    end: lines.findLast((line) => line.event === 'end'),
    begun: begun.size,
    changes: [...begun.values()].map((one) => ({
      begun: one,
      told: told.get(key(one)),
      paths: paths.get(String(one.change)) ?? [],
    })),
    handlers: [...handlers.values()],
  }
}

const key = ({ role, task }: { readonly role: string; readonly task: string }): string => `${role}\0${task}`

/** Sections of `CHANGE when COUNT FIELD…`. */
const touched = (all: readonly string[]): Map<string, Touched[]> => {
  const before = new Map<string, readonly string[]>()
  const after = new Map<string, readonly string[]>()
  for (let at = 0; at < all.length; ) {
    const [change = '', when, count = '0'] = all.slice(at, at + 3)
    const values = all.slice(at + 3, at + 3 + Number(count))
    ;(when === 'before' ? before : after).set(change, values)
    at += 3 + Number(count)
  }
  return new Map(
    [...before].map(([change, values]) => {
      const left = new Map(rows(after.get(change) ?? [], 5).map(([path = '', ...state]) => [path, stateOf(state)]))
      return [
        change,
        rows(values, 6).map(([path = '', ...state]) => ({
          path,
          before: stateOf(state),
          kept: keptIn(change, state[4]),
          after: left.get(path),
        })),
      ]
    }),
  )
}

const keptIn = (change: string, kept: string | undefined): string | undefined =>
  kept === undefined || kept === '-' ? undefined : kept === 'no' ? kept : `${change}/${kept}`

const stateOf = ([type = '', mode = '', owner = '', content = '']: readonly string[]): State => ({
  type,
  mode,
  owner,
  content,
})

const rows = (list: readonly string[], width: number): (readonly string[])[] =>
  Array.from({ length: Math.floor(list.length / width) }, (_, row) => list.slice(row * width, row * width + width))

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
