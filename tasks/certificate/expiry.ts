import { check, type Task } from '../../lib/index.ts'
import { certificate, type Pair } from './state.ts'

/** Warns of a certificate that nobody renews by itself, while there are days left to get a new one. */
export const expiry = (pair: Pair, minDays: number): Task =>
  check({
    title: `days left of ${pair.cert}`,
    want: certificate(pair, { days: minDays }).is({ lasting: true }),
    level: 'warn',
    say: ({ now: { expires, days } }) =>
      `the certificate expires on ${expires}, in ${days} days; give a new one before that (wanted: ${minDays} days left)`,
  })
