/**
 * Compares the vendored list of Cloudflare's ranges with the published one, and prints what differs; `--write` takes it
 * over. Ends with 0 when they are the same, 2 when they differ, 1 when the published list cannot be had or believed.
 *
 *     npm run cloudflare-ranges -- [--write] [--url https://www.cloudflare.com | --from ips-v4,ips-v6]
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CLOUDFLARE_V4, CLOUDFLARE_V6 } from '../tasks/cloudflare-ranges.ts'
import { address, type IpVersion } from '../tasks/ufw/address.ts'

const FILE = fileURLToPath(new URL('../tasks/cloudflare-ranges.ts', import.meta.url))
const TIMEOUT_MS = 20_000

/** No edge network is wider than this; what is would open the firewall to everybody. */
const WIDEST: Readonly<Record<IpVersion, number>> = { 4: 8, 6: 16 }

export interface Ranges {
  readonly v4: readonly string[]
  readonly v6: readonly string[]
}

/**
 * The ranges in a published list: one a line.
 *
 * @throws Error when it is empty, or has a line that is no range of this family, or one that is too wide to be true
 */
export const parseRanges = (text: string, version: IpVersion): readonly string[] => {
  const lines = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  if (lines.length === 0) throw new Error(`the list for IPv${version} is empty`)
  return lines.map((line) => {
    const range = address(line)
    const width = Number(range.text.split('/')[1] ?? WIDEST[version])
    if (range.version !== version || width < WIDEST[version])
      throw new Error(`${line} is no range that Cloudflare would connect from over IPv${version}`)
    return range.text
  })
}

const fetched = async (url: string): Promise<string> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status} ${answer.statusText}`)
  return await answer.text()
}

const published = async (url: string, from: string | undefined): Promise<Ranges> => {
  const [first = '', second = '', ...more] = from?.split(',') ?? []
  if (from !== undefined && (second === '' || more.length > 0)) throw new Error('--from takes two files: V4,V6')
  const read = from === undefined ? fetched : (path: string) => readFile(path, 'utf8')
  const [v4, v6] = await Promise.all(
    from === undefined ? [read(`${url}/ips-v4`), read(`${url}/ips-v6`)] : [read(first), read(second)],
  )
  return { v4: parseRanges(v4, 4), v6: parseRanges(v6, 6) }
}

/** What is gone and what is new, a line each; the order of a list says nothing. */
export const difference = (before: Ranges, after: Ranges): readonly string[] => {
  const [old, now] = [before, after].map(({ v4, v6 }) => [...v4, ...v6]) as [string[], string[]]
  return [
    ...old.filter((range) => !now.includes(range)).map((range) => `- ${range}`),
    ...now.filter((range) => !old.includes(range)).map((range) => `+ ${range}`),
  ]
}

const list = (name: string, ranges: readonly string[]): string =>
  `export const ${name} = [\n${ranges.map((range) => `  '${range}',\n`).join('')}] as const\n`

/** The vendored list as source. */
export const source = ({
  v4,
  v6,
}: Ranges): string => `/** The ranges that Cloudflare connects from, as published at www.cloudflare.com/ips. */
${list('CLOUDFLARE_V4', v4)}
${list('CLOUDFLARE_V6', v6)}
export const CLOUDFLARE = [...CLOUDFLARE_V4, ...CLOUDFLARE_V6] as const
`

/** @returns the exit code */
export const main = async (args: readonly string[], print = console.log, file = FILE): Promise<number> => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        url: { type: 'string', default: 'https://www.cloudflare.com' },
        from: { type: 'string' },
        write: { type: 'boolean', default: false },
      },
    })
    const now = await published(values.url.replace(/\/$/, ''), values.from)
    const lines = difference({ v4: CLOUDFLARE_V4, v6: CLOUDFLARE_V6 }, now)
    if (lines.length === 0) {
      print(`the vendored list is the published one: ${now.v4.length} + ${now.v6.length} ranges`)
      return 0
    }
    for (const line of lines) print(line)
    if (values.write) await writeFile(file, source(now))
    print(values.write ? `written to ${file}` : 'run again with --write to take this over')
    return 2
  } catch (error) {
    print(`the published list cannot be compared: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2))
