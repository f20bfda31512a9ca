import * as z from 'zod'
import type { Event } from '../events.ts'

const Count = z.number().nonnegative()
const Where = { host: z.string(), role: z.string() }
const Said = {
  message: z.string().exactOptional(),
  command: z.string().exactOptional(),
  output: z.string().exactOptional(),
}
const Value = z.union([z.string(), z.number(), z.boolean(), z.null()])

const Summary = z.strictObject({
  ok: Count,
  changed: Count,
  wouldChange: Count,
  unknown: Count,
  failed: Count,
  skipped: Count,
  handlers: Count,
  trips: Count,
  ms: Count,
  error: z.string().exactOptional(),
})

/** What a run tells, as it is written into a json report. */
const Told = z.discriminatedUnion('event', [
  z.strictObject({
    event: z.literal('run'),
    id: z.string(),
    dryRun: z.boolean(),
    roles: z.array(z.string()),
    hosts: z.array(z.string()),
    version: z.string(),
    shard: z
      .string()
      .regex(/^\d{1,4}\/\d{1,4}$/)
      .exactOptional(),
  }),
  z.strictObject({
    event: z.literal('task'),
    ...Where,
    task: z.string(),
    status: z.enum(['ok', 'changed', 'would-change', 'unknown', 'failed', 'skipped']),
    changes: z.array(z.strictObject({ key: z.string(), from: Value, to: Value })),
    words: z.array(z.string()).exactOptional(),
    ms: Count,
    diff: z.string().exactOptional(),
    ...Said,
  }),
  z.strictObject({
    event: z.literal('handler'),
    ...Where,
    task: z.string(),
    status: z.enum(['changed', 'would-change', 'failed']),
    ms: Count,
    ...Said,
  }),
  z.strictObject({ event: z.literal('warning'), ...Where, task: z.string().exactOptional(), message: z.string() }),
  z.strictObject({
    event: z.literal('host'),
    host: z.string(),
    status: z.enum(['unreachable', 'locked', 'stale', 'skipped']),
    exitCode: z.int(),
    message: z.string(),
  }),
  z.strictObject({
    event: z.literal('summary'),
    hosts: z.record(z.string(), Summary),
    exitCode: z.int().nonnegative(),
  }),
])

/** A run's events, of which the first is the run and the last its summary. */
export interface Report {
  readonly run: Extract<Event, { event: 'run' }>
  readonly between: readonly Event[]
  readonly summary: Extract<Event, { event: 'summary' }>
}

/** A file that is no json report of a run, and what is wrong with it. */
export class ReportError extends Error {
  override readonly name = 'ReportError'
}

/** Reads a json report. @throws ReportError, in one line */
export const readReport = (text: string): Report => {
  const events = json(text)
  if (!Array.isArray(events)) throw new ReportError('it is not a report of --report json=FILE, a list of events')
  const [run, ...rest] = events.map(told)
  const summary = rest.pop()
  if (run?.event !== 'run') throw new ReportError('it does not begin with the event of a run')
  if (summary?.event !== 'summary') throw new ReportError('it does not end with a summary: the run was not over')
  if (rest.some(({ event }) => event === 'run' || event === 'summary'))
    throw new ReportError('there is more than one run in it')
  return { run, between: rest, summary }
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error)
    throw new ReportError(`it is not JSON: ${why}`, { cause: error })
  }
}

const told = (event: unknown, index: number): Event => {
  const read = Told.safeParse(event)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const path = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  throw new ReportError(`its event ${index + 1} is none that is known: ${path}${issue?.message ?? ''}`)
}
