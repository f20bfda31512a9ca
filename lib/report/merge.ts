import type { Event } from '../events.ts'
import { type Report, ReportError } from './read.ts'

/** A report and where it was read. */
export interface Part extends Report {
  readonly file: string
}

/**
 * Makes one run of several, each with hosts of its own.
 *
 * @param worst - of several exit codes the one that counts
 * @returns its events, and the shards that are missing
 * @throws ReportError where they are not parts of one whole
 */
export const merge = (
  parts: readonly Part[],
  worst: (codes: readonly number[]) => number,
): { readonly events: readonly Event[]; readonly missing: readonly string[] } => {
  const [first] = parts
  if (first === undefined) throw new ReportError('there is nothing to merge')
  refuseMixed(parts)
  refuseOverlap(parts)
  const missing = missingShards(parts)
  const each = (value: (part: Part) => string) => [...new Set(parts.map(value))].join(', ')
  const codes = [...parts.map(({ summary }) => summary.exitCode), ...(missing.length > 0 ? [1] : [])]
  const events: Event[] = [
    {
      event: 'run',
      id: each(({ run }) => run.id),
      dryRun: first.run.dryRun,
      roles: first.run.roles,
      hosts: parts.flatMap(({ run }) => run.hosts),
      version: each(({ run }) => run.version),
    },
    ...parts.flatMap(({ between }) => between),
    {
      event: 'summary',
      hosts: Object.fromEntries(parts.flatMap(({ summary }) => Object.entries(summary.hosts))),
      exitCode: worst(codes),
    },
  ]
  return { events, missing }
}

const kind = ({ run }: Part): string => `${run.dryRun ? 'a dry run' : 'a run'} of ${run.roles.join(', ')}`

const refuseMixed = ([first, ...others]: readonly Part[]): void => {
  for (const other of others)
    if (first !== undefined && kind(first) !== kind(other))
      throw new ReportError(`${first.file} is of ${kind(first)}, and ${other.file} of ${kind(other)}`)
}

const refuseOverlap = (parts: readonly Part[]): void => {
  const seen = new Map<string, string>()
  const twice = new Map<string, string[]>()
  for (const { file, run, summary } of parts)
    for (const host of new Set([...run.hosts, ...Object.keys(summary.hosts)])) {
      const before = seen.get(host)
      if (before !== undefined) {
        const both = `both ${before} and ${file}`
        twice.set(both, [...(twice.get(both) ?? []), host])
      } else seen.set(host, file)
    }
  const told = [...twice].map(([both, hosts]) => `${hosts.join(', ')} in ${both}`)
  if (told.length > 0) throw new ReportError(`each host is to be in one report: ${told.join('; ')}`)
}

/** The shards that nobody has reported of, where all are shards of one split. */
const missingShards = (parts: readonly Part[]): string[] => {
  const counts = new Set(parts.map(({ run }) => run.shard?.split('/')[1]))
  const [count] = counts
  if (counts.size !== 1 || count === undefined) return []
  const there = new Set(parts.map(({ run }) => run.shard))
  const all = Array.from({ length: Number(count) }, (_, index) => `${index + 1}/${count}`)
  return all.filter((shard) => !there.has(shard))
}
