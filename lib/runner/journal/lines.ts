import * as z from 'zod'

/** How a run ended on a host; `unfinished` is what its absence means. */
export const OUTCOMES = ['applied', 'failed', 'interrupted', 'stale', 'unreachable', 'locked'] as const

const value = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** Who ran what: the first line of a journal. */
export const RunLine = z.object({
  event: z.literal('run'),
  id: z.string(),
  host: z.string(),
  /** By the runner's clock. */
  when: z.string(),
  /** `user@machine` of the runner. */
  who: z.string(),
  /** The address that it came from. */
  from: z.string().nullable(),
  version: z.string(),
  roles: z.array(z.string()),
  /** The id of the dry run whose plan was applied, or of the run that was undone. */
  plan: z.string().exactOptional(),
  undoes: z.string().exactOptional(),
})
export type RunLine = z.infer<typeof RunLine>

/** A change is about to be made; it is the host's folder of this number. */
export const BeginLine = z.object({
  event: z.literal('begin'),
  change: z.number(),
  role: z.string(),
  task: z.string(),
  /** What undoing it is to run as well; a script with a secret in it is not written down. */
  handlers: z.array(z.object({ id: z.string(), title: z.string(), script: z.string().nullable() })),
})
export type BeginLine = z.infer<typeof BeginLine>

/** What was told of a task that was changed, or should have been. */
export const TaskLine = z.object({
  event: z.literal('task'),
  role: z.string(),
  task: z.string(),
  status: z.enum(['changed', 'failed']),
  changes: z.array(z.object({ key: z.string(), from: value, to: value })),
  words: z.array(z.string()).exactOptional(),
  ms: z.number(),
  diff: z.string().exactOptional(),
  message: z.string().exactOptional(),
})
export type TaskLine = z.infer<typeof TaskLine>

export const HandlerLine = z.object({
  event: z.literal('handler'),
  role: z.string(),
  task: z.string(),
  status: z.enum(['changed', 'failed']),
  ms: z.number(),
  message: z.string().exactOptional(),
})
export type HandlerLine = z.infer<typeof HandlerLine>

export const EndLine = z.object({
  event: z.literal('end'),
  outcome: z.enum(OUTCOMES),
  changed: z.number(),
  failed: z.number(),
  ms: z.number(),
  message: z.string().exactOptional(),
})
export type EndLine = z.infer<typeof EndLine>

export const Line = z.discriminatedUnion('event', [RunLine, BeginLine, TaskLine, HandlerLine, EndLine])
export type Line = z.infer<typeof Line>
