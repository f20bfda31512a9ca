import type { HostEvent, HostSummary, SummaryEvent } from '../events.ts'
import { counted, duration, notable, plural } from './counts.ts'
import { type Happening, notBegun } from './details.ts'
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
  const skipped = seen.filter(notBegun)
  const left = new Set(skipped.map(({ host }) => host))
  const begun = Object.entries(hosts).filter(([name]) => !left.has(name))
  const width = Math.max(...begun.map(([name]) => name.length), 0)
  const lines = begun.map(([name, summary]) => {
    const bad = summary.failed > 0 || summary.error !== undefined
    const paint = bad ? colour.red : summary.changed + summary.wouldChange > 0 ? colour.yellow : colour.green
    return `${paint(name.padEnd(width))}  ${totals(name, summary, seen)}`
  })
  for (const why of new Set(skipped.map(({ message }) => message)))
    lines.push(
      colour.yellow(
        notBegunAt(
          skipped.filter(({ message }) => message === why),
          why,
        ),
      ),
    )
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

/** `3 hosts not begun (web4, web5, web6): 1 of 6 hosts failed (web1), and --max-fail allows none`. */
const notBegunAt = (hosts: readonly HostEvent[], why: string): string => {
  const names = hosts.map(({ host }) => host)
  const named = names.length > MANY ? `${names.slice(0, MANY).join(', ')}, …` : names.join(', ')
  return `${plural(names.length, 'host')} not begun (${printable(named)}): ${printable(why)}`
}

/** So many names are read, and no more. */
const MANY = 10

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
