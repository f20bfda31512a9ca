import { randomly } from '../random.ts'

/** Where in a run it is struck: chosen from what an undisturbed run did, evenly over the kinds of moment. */

/** A request of a run to a host. */
export interface Request {
  readonly n: number
  /** `guarded`: from the change of what one gets in by to the proof that one still can. */
  readonly sort: 'read' | 'change' | 'handler' | 'guarded'
  readonly ms: number
}

export const KINDS = [
  'before a request',
  'during an apply',
  'applied but unanswered',
  'between steps',
  'in a handler',
  'with a guard armed',
] as const
export type Kind = (typeof KINDS)[number]

export type Phase = 'before' | 'during' | 'answered' | 'between'

/** The runner dies at request `n`: before it is sent, `ms` after, when its answer is there, or when it was dealt with. */
export interface Moment {
  readonly kind: Kind
  readonly n: number
  readonly phase: Phase
  readonly ms: number
}

const SORTS: Readonly<Record<Kind, readonly [sorts: readonly Request['sort'][], phases: readonly Phase[]]>> = {
  'before a request': [['change', 'handler', 'guarded'], ['before']],
  'during an apply': [['change'], ['during']],
  'applied but unanswered': [['change', 'guarded'], ['answered']],
  'between steps': [['change', 'handler'], ['between']],
  'in a handler': [['handler'], ['during', 'answered']],
  'with a guard armed': [['guarded'], ['during', 'answered', 'between']],
}

/**
 * @param trace - the requests of an undisturbed run
 * @throws Error where a kind of moment does not come in it: then nothing would be shown of that
 */
export const moments = (trace: readonly Request[], count: number, seed: number): readonly Moment[] => {
  const random = randomly(seed)
  const pick = <T>(list: readonly T[], kind: Kind): T => {
    const one = list[Math.floor(random() * list.length)]
    if (one === undefined) throw new Error(`no moment ${kind} in this run`)
    return one
  }
  return Array.from({ length: count }, (_, index): Moment => {
    const kind = pick([KINDS[index % KINDS.length] ?? KINDS[0]], KINDS[0])
    const [sorts, phases] = SORTS[kind]
    const phase = pick(phases, kind)
    const { n, ms } = pick(
      trace.filter(({ sort }) => sorts.includes(sort)),
      kind,
    )
    return { kind, n, phase, ms: phase === 'during' ? Math.round(ms * random() * 0.9) : 0 }
  })
}
