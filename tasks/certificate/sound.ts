import { check, probe, sh, type State, type Task } from '../../lib/index.ts'
import { authorityFlaws, chainOf, dayOf, flaws, validity } from './x509.ts'

/** What can be said of something that we have, at the host's time. */
const judged = <S extends State>(id: string, judge: (now: Date) => S) =>
  probe<S>({ id, read: sh`printf '%(%s)T' -1`, parse: (seconds) => judge(new Date(Number(seconds) * 1000)) })

/** Stands before whatever puts it in place: where it has flaws, nothing is replaced. */
const sound = (what: string, found: (now: Date) => readonly string[]): Task =>
  check({
    title: `${what} is sound`,
    want: judged(`sound ${what}`, (now) => ({ flaws: found(now).join('; ') || null })).is({ flaws: null }),
    level: 'fail',
    say: ({ now }) => `${what} is refused, and nothing was replaced: ${now.flaws}`,
  })

/** What a certificate that we have must be good for. */
export interface Given {
  /** PEM, its chain behind it. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** Every host that it must cover. */
  readonly hosts: readonly string[]
  /** Fewer days left are worth a warning, since nobody renews it. */
  readonly minDays: number
}

/** A certificate that we have is good for its hosts, has its key with it, and has days left. */
export const soundPair = ({ certificate, key, hosts, minDays }: Given): readonly Task[] => [
  sound('the given certificate', (now) => flaws(certificate, key, { hosts, now })),
  check({
    title: 'the given certificate has days left',
    want: judged('days of the given certificate', (now) => {
      const [leaf] = chainOf(certificate)
      const { until, days } = leaf === undefined ? { until: now, days: 0 } : validity(leaf, now)
      return { left: days >= minDays, days, expires: dayOf(until) }
    }).is({ left: true }),
    level: 'warn',
    say: ({ now: { days, expires } }) =>
      `the given certificate expires on ${expires}, in ${days} days; give a new one before that (wanted: ${minDays} days)`,
  }),
]

/** A certificate that we have is an authority's (PEM, or several of them). */
export const soundAuthority = (what: string, certificate: string): Task =>
  sound(what, (now) => authorityFlaws(certificate, now))
