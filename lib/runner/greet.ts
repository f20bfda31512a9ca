import { type Item, probesIn } from '../language/plan.ts'
import type { HostFacts, Site } from '../language/role.ts'
import { type Assignment, compose } from './compose.ts'
import { question } from './facts.ts'
import type { HostLink } from './host.ts'
import { assigned, type Job } from './job.ts'

/** A host that has answered. */
export interface Greeted {
  readonly facts: HostFacts
  readonly assignments: readonly Assignment[]
  readonly items: readonly Item[]
  /** What the items look at has been read. */
  readonly read: boolean
}

/** What was built and asked before the host had said who it is. */
interface Early {
  readonly guess: HostFacts
  readonly items: readonly Item[]
  readonly take: () => Promise<boolean>
}

const ahead = (host: HostLink, assignments: readonly Assignment[], site: Site, guess: HostFacts): Early | undefined => {
  try {
    const items = compose(assignments, site, guess)
    return { guess, items, take: host.ahead(question(probesIn(items))) }
  } catch {
    // It is told when they are built from what the host says.
    return undefined
  }
}

/**
 * Connects and builds a host's tasks. Where it is known what the host said of itself the last time, they are built while
 * it answers, and what they look at is on its way behind the hello; all of that is dropped if it says anything else now,
 * or if an earlier run has left something there.
 *
 * @throws UnreachableError, LockedError, RoleError
 */
export const greet = async ({ session, assignments, site }: Job, host: HostLink): Promise<Greeted> => {
  let early: Early | undefined
  const facts = await session.hello((guess) => {
    if (typeof assignments !== 'function') early = ahead(host, assignments, site, guess)
  })
  const roles = await assigned(assignments, session)
  if (early === undefined || facts !== early.guess || session.left.length > 0)
    return { facts, assignments: roles, items: compose(roles, site, facts), read: false }
  return { facts, assignments: roles, items: early.items, read: await early.take() }
}
