import type { Event, HostSummary } from '../events.ts'

export type Counts = Omit<HostSummary, 'trips' | 'ms' | 'error'>

export const none: Counts = { ok: 0, changed: 0, wouldChange: 0, unknown: 0, failed: 0, skipped: 0, handlers: 0 }

/** The counts with one more event in them. */
export const plus = (counts: Counts, event: Event): Counts => {
  if (event.event === 'handler') {
    const failed = counts.failed + (event.status === 'failed' ? 1 : 0)
    return { ...counts, handlers: counts.handlers + 1, failed }
  }
  if (event.event !== 'task') return counts
  const field = event.status === 'would-change' ? 'wouldChange' : event.status
  return { ...counts, [field]: counts[field] + 1 }
}

/** Everything that is not simply fine. */
export const notable = ({ changed, wouldChange, unknown, failed, skipped, handlers }: Counts): number =>
  changed + wouldChange + unknown + failed + skipped + handlers

/** `61 ok, 2 changed, 1 handler`. */
export const counted = ({ ok, changed, wouldChange, unknown, failed, skipped, handlers }: Counts): string =>
  [
    `${ok} ok`,
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(wouldChange > 0 ? [`${wouldChange} would change`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(handlers > 0 ? [plural(handlers, 'handler')] : []),
  ].join(', ')

/** `1 handler`, `2 handlers`. */
export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/** `0.6 s`, `2 min 5 s`. */
export const duration = (ms: number): string => {
  const seconds = ms / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
}
