import type { Emit } from '../events.ts'

/** For programs: one event on each line. */
export const jsonReporter =
  (write: (text: string) => void): Emit =>
  (event) =>
    write(`${JSON.stringify(event)}\n`)
