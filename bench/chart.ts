import { grouped, seconds, type Session, title } from './results.ts'
import { median } from './statistics.ts'
import { OURS } from './table.ts'

const WIDTH = 760
const LEFT = 190
const BAR = 18
const GAP = 30

const escaped = (text: string): string => text.replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`)

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x}" y="${y}"${more}>${escaped(words)}</text>`

/** A chart of medians as SVG, by kind of work; lengths are logarithms, since some take a hundred times as long. */
export const chart = ({ results, machine, when }: Session): string => {
  const groups = grouped(results)
  const all = results.map(({ times }) => median(times))
  const [least, most] = [Math.min(...all) / 2, Math.max(...all)]
  const length = (ms: number): number =>
    Math.round(((WIDTH - LEFT - 90) * Math.log(ms / least)) / Math.log(most / least))
  const parts: string[] = []
  let y = 24
  for (const group of groups) {
    const [first] = group
    if (first !== undefined) parts.push(text(8, y, title(first), ' font-weight="bold"'))
    for (const { tool, times } of group) {
      y += BAR + 4
      const ms = median(times)
      const colour = tool === OURS ? '#2a7d4f' : '#9aa5b1'
      parts.push(text(LEFT - 8, y, tool, ' text-anchor="end"'))
      parts.push(`<rect x="${LEFT}" y="${y - BAR + 5}" width="${length(ms)}" height="${BAR}" rx="2" fill="${colour}"/>`)
      parts.push(text(LEFT + length(ms) + 6, y, seconds(ms)))
    }
    y += GAP
  }
  parts.push(text(8, y, `medians, logarithmic; ${machine}; ${when}`, ' font-size="10" fill="#697077"'))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 12}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`
}
