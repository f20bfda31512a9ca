import { readFileSync } from 'node:fs'
import { isHappening } from '../report/details.ts'
import { merge, type Part } from '../report/merge.ts'
import { readReport, ReportError } from '../report/read.ts'
import { recap } from '../report/recap.ts'
import { coloured, colours, printable } from '../report/style.ts'
import { worst } from '../runner/tally.ts'
import { note } from './note.ts'
import type { Invocation } from './options.ts'
import { reportFiles } from './report-files.ts'
import { UsageError } from './usage.ts'

/** Makes one report of those of several runs. @returns the worst of their exit codes */
export const mergeReports = async ({ words, options }: Invocation): Promise<number> => {
  const reports = reportFiles(options.report)
  const { events, missing } = merged(words)
  events.forEach(reports.emit)
  await reports.save()
  if (missing.length > 0) note(`there is no report of ${named(missing)}`)
  const [summary] = events.flatMap((event) => (event.event === 'summary' ? [event] : []))
  if (summary === undefined) return 1
  const lines = options.json
    ? events.map((event) => JSON.stringify(event))
    : recap(
        summary,
        events.filter(isHappening),
        events.some((event) => event.event === 'run' && event.dryRun),
        colours(coloured(process.env, process.stdout.isTTY)),
      )
  for (const line of lines) process.stdout.write(`${line}\n`)
  return summary.exitCode
}

/** `shard 2/5, 3/5`, and not all of very many. */
const named = (shards: readonly string[]): string =>
  `shard ${shards.slice(0, 10).join(', ')}${shards.length > 10 ? ` and ${shards.length - 10} more` : ''}`

/** @throws UsageError */
const merged = (files: readonly string[]) => {
  try {
    return merge(files.map(part), worst)
  } catch (error) {
    if (error instanceof ReportError) throw new UsageError(error.message)
    throw error
  }
}

const part = (file: string): Part => {
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const why = missing ? 'there is no such file' : error instanceof Error ? error.message : String(error)
    throw new ReportError(`${file}: ${why}`, { cause: error })
  }
  try {
    return { file, ...readReport(text) }
  } catch (error) {
    if (error instanceof ReportError) throw new ReportError(`${file}: ${printable(error.message)}`, { cause: error })
    throw error
  }
}
