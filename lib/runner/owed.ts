import * as z from 'zod'
import { blob } from '../language/blob.ts'
import { probeOf } from '../language/probe.ts'
import { type Sh, sh } from '../language/sh.ts'
import type { Handler } from '../language/task.ts'
import { spell } from '../session/compose.ts'

/** A handler that an earlier run has asked for and not lived to run; its script lies on the host. */
export interface Owed extends Handler {
  readonly role: string
}

const Value = z.union([z.string(), z.number(), z.boolean(), z.null()])
const Line = z.object({
  id: z.string(),
  title: z.string(),
  role: z.string(),
  timeout: z.number().optional(),
  want: z
    .object({ kind: z.string(), key: z.string(), want: z.record(z.string(), Value), exactly: z.boolean() })
    .optional(),
})

/** The file that stands for a handler. */
export const nameOf = (id: string): string => encodeURIComponent(id)

/** Writes handlers down on the host, for whoever comes next: to stand before the change that asks for them. */
export const owing = (role: string, handlers: readonly Handler[]): readonly Sh[] =>
  handlers.map(({ id, title, timeout, want, run }) => {
    const promise = want && {
      kind: want.probe.family.name,
      key: want.probe.key,
      want: want.want,
      exactly: want.exactly,
    }
    const line: z.infer<typeof Line> = { id, title, role, timeout, want: promise }
    return sh`tu_owe ${nameOf(id)} ${blob(`# ${JSON.stringify(line)}\n${spell(run)}\n`)}`
  })

/** Runs a handler, and strikes it off when it has done its work. */
export const paying = ({ id, run }: Handler): Sh => sh`(
${run}
) && tu_paid ${nameOf(id)}`

/**
 * Reads what `tu_left` says of handlers. What they promised is verified where this program knows such questions.
 *
 * @throws Error for a line that no version of this program wrote
 */
export const owedIn = (left: readonly string[]): readonly Owed[] =>
  left.flatMap((line) => {
    if (!line.startsWith('owed ')) return []
    const { id, title, role, timeout, want } = Line.parse(JSON.parse(line.slice('owed '.length)))
    const probe = want && probeOf(want.kind, want.key)
    return [
      {
        id,
        title,
        role,
        run: sh`tu_settle ${nameOf(id)}`,
        ...(timeout !== undefined && { timeout }),
        ...(want && probe && { want: { probe, want: want.want, exactly: want.exactly } }),
      },
    ]
  })
