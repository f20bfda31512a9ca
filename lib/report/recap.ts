import type { HostSummary, SummaryEvent } from '../events.ts'
import { counted, duration, notable, plural } from './counts.ts'
import type { Happening } from './details.ts'
import { type Colours, printable } from './style.ts'

/**
 * How a run ended: one line for each host, and what the exit code means.
 *
 * @param seen - what has been told already, and is not told again
 */
export const recap = (
  { hosts, exitCode }: SummaryEvent,
  seen: readonly Happening[],
  dryRun: boolean,
  colour: Colours,
): string[] => {
  const width = Math.max(...Object.keys(hosts).map((name) => name.length), 0)
  const lines = Object.entries(hosts).map(([name, summary]) => {
    const bad = summary.failed > 0 || summary.error !== undefined
    const paint = bad ? colour.red : summary.changed + summary.wouldChange > 0 ? colour.yellow : colour.green
    return `${paint(name.padEnd(width))}  ${totals(name, summary, seen)}`
  })
  const words = inWords(Object.values(hosts), exitCode, dryRun)
  return words === undefined ? lines : [...lines, exitCode > 2 || exitCode === 1 ? colour.red(words) : words]
}

/** `61 ok, 2 changed, 1 handler, 3 trips, 0.6 s`; of a host that nothing was done on just why. */
const totals = (name: string, summary: HostSummary, seen: readonly Happening[]): string => {
  const { trips, ms, error } = summary
  const did = `${counted(summary)}, ${plural(trips, 'trip')}, ${duration(ms)}`
  if (error === undefined) return did
  const why = reason(name, error, seen)
  return summary.ok + notable(summary) === 0 ? why : `${did}; ${why}`
}

/** Why a host's turn was over early: in a word where the message was shown. */
const reason = (name: string, error: string, seen: readonly Happening[]): string => {
  for (const event of seen) {
    if (event.host !== name) continue
    if (event.event === 'host') return event.status
    if (event.event === 'warning' && event.message === error) return 'given up'
  }
  const [line = ''] = printable(error).split('\n')
  return line.startsWith(name) ? line.slice(line.indexOf(': ') + 2) : line
}

const inWords = (hosts: readonly HostSummary[], exitCode: number, dryRun: boolean): string | undefined => {
  const sum = (field: 'wouldChange' | 'unknown' | 'failed') => hosts.reduce((total, host) => total + host[field], 0)
  switch (exitCode) {
    case 0:
      if (!dryRun) return undefined
      if (sum('wouldChange') + sum('unknown') > 0) return inWords(hosts, 2, dryRun)
      return 'The dry run found nothing to change.'
    case 1:
      return sum('failed') === 1 ? 'Failed: one task did not do its work.' : `Failed: ${sum('failed')} tasks.`
    case 2: {
      const unknown = sum('unknown') > 0 ? ` and ${sum('unknown')} that can be known only later` : ''
      return `The dry run found ${plural(sum('wouldChange'), 'thing')} to change${unknown}.`
    }
    case 3:
      return 'A host could not be reached.'
    case 4:
      return 'Another run holds a host.'
    case 5:
      return 'Something has moved since, and was left alone.'
    case 130:
      return 'Interrupted.'
    default:
      return `Exit code ${exitCode}.`
  }
}
