import { grouped, type Result, seconds, title } from './results.ts'
import { median } from './statistics.ts'

/** The name of the tool that the others are compared with. */
export const OURS = 'trueup'

/** A cell: the median, and how many times as long as ours (or as short). */
const cell = (result: Result | undefined, ours: Result | undefined): string => {
  if (result === undefined) return '–'
  const time = seconds(median(result.times))
  const trips = result.trips === undefined ? '' : `, ${result.trips} trip${result.trips === 1 ? '' : 's'}`
  if (ours === undefined || result === ours) return `${time}${trips}`
  const ratio = median(result.times) / median(ours.times)
  return `${time} (${ratio.toFixed(ratio < 10 ? 2 : 0)} ×)${trips}`
}

/** A table in Markdown: a row for each kind of work, a column for each tool. */
export const table = (results: readonly Result[]): string => {
  const tools = [...new Set(results.map(({ tool }) => tool))]
  const rows = grouped(results).map((group) => {
    const of = (name: string) => group.find(({ tool }) => tool === name)
    const [first] = group
    return [first === undefined ? '' : title(first), ...tools.map((name) => cell(of(name), of(OURS)))]
  })
  const lines = [['', ...tools], ['---', ...tools.map(() => '---:')], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}
