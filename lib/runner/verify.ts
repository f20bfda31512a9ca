import type { CheckEvent, Emit, HostSummary } from '../events.ts'
import type { View } from '../language/judge.ts'
import type { HostFacts } from '../language/role.ts'
import {
  bad,
  beyond,
  NotFromHere,
  type Outside,
  type Verdict,
  type Verification,
  type World,
} from '../language/verification.ts'
import { LostError, type Session, UnreachableError } from '../session/session.ts'
import { type Assignment, eachRole } from './compose.ts'
import { message } from './failure.ts'
import { HostLink } from './host.ts'
import type { Target } from './turn.ts'

/** A host that is asked, and the roles that answer for it. */
export interface Asked extends Target {
  readonly assignments: readonly Assignment[]
}

/** What a host's part of the checklist came to. */
export interface Verified {
  readonly summary: HostSummary
  readonly exitCode: number
  readonly reached: boolean
}

/** The lines that roles answer for on one host. @throws RoleError */
export const verifications = (
  assignments: readonly Assignment[],
  site: Target['site'],
  host: HostFacts,
): readonly Verification[] => eachRole(assignments, site, host, (role, input) => role.verify?.(input) ?? [])

const count = (events: readonly CheckEvent[], wanted: CheckEvent['status']) =>
  events.filter(({ status }) => status === wanted).length

/** What a host came to, in the counts that every run has: `unknown` is what could not be judged. */
const summed = (events: readonly CheckEvent[], trips: number, ms: number): HostSummary => ({
  ...{ changed: 0, wouldChange: 0, skipped: 0, handlers: 0 },
  ...{ ok: count(events, 'ok'), failed: count(events, 'failed'), unknown: count(events, 'unreachable'), trips, ms },
})

/** Whatever a judgement meets, it is a verdict. */
const judged = (line: Verification, view: View): Verdict => {
  try {
    return line.judge(view)
  } catch (error) {
    return bad(`what was found cannot be read: ${message(error)}`)
  }
}

const foundBy = ({ reads }: Verification, view: View): Record<string, unknown> =>
  Object.fromEntries(reads.map((probe) => [probe.id, view.get(probe)]))

/**
 * Asks a host everything that its roles answer for, in one round trip, and tells of each line.
 *
 * @throws RoleError
 */
export const verifyHost = async (target: Asked, emit: Emit, verbose: boolean): Promise<Verified> => {
  const { name: host, site, assignments } = target
  const started = performance.now()
  const events: CheckEvent[] = []
  const tell = (check: string, verdict: Verdict, found?: Record<string, unknown>) =>
    void events.push({ event: 'check', host, check, ...verdict, ...(found && { found }) })
  let session: Session | undefined
  let exitCode = 0
  let reached = false
  let lost: string | undefined
  try {
    session = await target.open()
    const facts = await session.hello()
    const lines = verifications(assignments, site, facts)
    const link = new HostLink(session)
    await link.read(lines.flatMap(({ reads }) => reads))
    reached = true
    tell('ssh', { status: 'ok', detail: 'logged in' })
    for (const line of lines)
      tell(line.title, judged(line, link.facts), verbose ? foundBy(line, link.facts) : undefined)
    exitCode = events.some(({ status }) => status === 'failed') ? 1 : 0
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof LostError)) throw error
    lost = message(error)
    exitCode = 3
    tell('ssh', beyond(lost))
  } finally {
    await session?.close()
  }
  events.forEach(emit)
  if (lost !== undefined) emit({ event: 'host', host, status: 'unreachable', exitCode, message: lost })
  const summary = summed(events, session?.trips ?? 0, Math.round(performance.now() - started))
  return { summary: lost === undefined ? summary : { ...summary, error: lost }, exitCode, reached }
}

/** Asks one line from outside. */
export const askOutside = async (line: Outside, world: World): Promise<CheckEvent> => {
  const { title: check, host } = line
  const verdict = await line
    .ask(world)
    .catch((error: unknown) =>
      error instanceof NotFromHere ? beyond(`not reachable from here: ${error.message}`) : bad(message(error)),
    )
  return { event: 'check', ...(host !== undefined && { host }), check, ...verdict }
}
