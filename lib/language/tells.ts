import type { Probe } from './probe.ts'
import type { State } from './state.ts'
import { check, derive, type Task } from './task.ts'

/** How one probe's state is told of. */
export interface Telling {
  readonly title: string
  readonly from: Probe
  /** What there is to say of what was found; nothing where all is well. */
  say(found: State): string | undefined
}

/** Warns of what was found, where that takes more than a comparison. */
export const tells = ({ title, from, say }: Telling): Task =>
  derive({
    title,
    from,
    reads: [],
    make: (found) => {
      const text = say(found)
      // What no host has: the answer is known already.
      return check({
        title,
        want: from.is(text === undefined ? {} : { never: true }),
        level: 'warn',
        say: () => text ?? '',
      })
    },
  })
