/**
 * This project beside its peers: the same server, in turn, in one session, on hosts of the sandbox. Says at the end what
 * was measured, as a table, and writes it to bench/results.json and bench/chart.svg.
 *
 *     npm run bench -- --help
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { chart } from './chart.ts'
import { delayingProxy } from './proxy.ts'
import { machine } from './machine.ts'
import type { Result } from './results.ts'
import { seconds, title } from './results.ts'
import { alike, blank, bring, drift, HOSTS, takeDown } from './hosts.ts'
import { table } from './table.ts'
import { type Place, prepare, type Tool, toolNames } from './tools.ts'

const HELP = `npm run bench -- [options]

  --work NAMES    of converged, drift, bootstrap (default: all three)
  --tools NAMES   of ${toolNames.join(', ')} (default: all)
  --rtt NUMBERS   milliseconds to add to each round trip (default: 0,50,200)
  --hosts N       hosts of the sandbox to work on at once (default 1; each is a systemd container of about 200 MB)
  --more N        files beyond those of the server, for trueup alone (default 0)
  --runs N        of each quick tool (default 7); Ansible and mitogen run a third as often, bootstraps a quarter
  --keep          leave the hosts running

  A short session of what matters most, about ten minutes:
      npm run bench -- --work converged --tools script,trueup,ansible,mitogen --rtt 0,200 --runs 5
`

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: 'bootstrap,converged,drift' },
    tools: { type: 'string', default: toolNames.join() },
    rtt: { type: 'string', default: '0,50,200' },
    hosts: { type: 'string', default: '1' },
    more: { type: 'string', default: '0' },
    runs: { type: 'string', default: '7' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const list = (text: string): string[] => text.split(',').filter((one) => one !== '')

const count = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new Error(`${text} is no whole number; --help`)
  return Number(text)
}

const results: Result[] = []

/** All so far, so that a session that is cut short has been for something. */
const keep = (told: Readonly<Record<string, string>>) => {
  const all = { when: new Date().toISOString(), machine: machine(), tools: told, results }
  const folder = new URL('.', import.meta.url)
  writeFileSync(new URL('results.json', folder), `${JSON.stringify(all, undefined, 2)}\n`)
  writeFileSync(new URL('chart.svg', folder), chart(all))
  return all
}

/** Runs each tool in turn, as often as it is to run, and takes note of how long that took. */
const measure = async (
  given: Omit<Result, 'tool' | 'times'>,
  tools: readonly Tool[],
  rounds: (tool: Tool) => number,
  places: readonly Place[],
  before: (tool: Tool) => Promise<void>,
): Promise<void> => {
  const times = new Map(tools.map((tool) => [tool, [] as number[]]))
  const last = new Map<Tool, { trips?: number; note?: string }>()
  for (let round = 0; round < Math.max(...tools.map(rounds)); round += 1) {
    for (const tool of tools) {
      if (round >= rounds(tool)) continue
      await before(tool)
      const { ms, ...more } = await tool.run(places)
      times.get(tool)?.push(ms)
      last.set(tool, more)
      console.error(
        `${title({ ...given, tool: tool.name, times: [] })}: ${tool.name} ${seconds(ms)} ${more.note ?? ''}`,
      )
    }
  }
  for (const tool of tools) {
    const all = times.get(tool) ?? []
    if (all.length > 0) results.push({ ...given, tool: tool.name, times: all, ...last.get(tool) })
  }
}

/** The line that says what went wrong. */
const why = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  const told = /\b[A-Z]\w*Error: [\x20-\x7e]+|"msg": "[^"]+"|fatal: .+/.exec(text)?.[0]
  return (told ?? text).trim().slice(0, 160)
}

const session = async (): Promise<void> => {
  const hosts = count(values.hosts)
  const runs = count(values.runs)
  const more = count(values.more)
  const { tools, told, end } = await prepare(list(values.tools), more)
  const names = HOSTS.slice(0, hosts)
  try {
    const entries = await bring(names)
    const work = list(values.work)
    const slow = (tool: Tool) => (tool.slow ? Math.max(1, Math.round(runs / 3)) : runs)
    /** Works through proxies that add to each round trip. */
    const at = async (rtt: number, through: (places: readonly Place[]) => Promise<void>): Promise<void> => {
      const proxies = await Promise.all(entries.map(({ address, port }) => delayingProxy(address, port, rtt)))
      try {
        await through(
          entries.map((entry, index) => ({ ...entry, address: '127.0.0.1', port: proxies[index]?.port ?? 0 })),
        )
      } finally {
        for (const proxy of proxies) proxy.close()
      }
    }
    for (const rtt of list(values.rtt).map(count)) {
      if (!work.includes('bootstrap')) continue
      const able = tools.filter((tool) => tool.works.includes('bootstrap'))
      await at(rtt, (places) =>
        measure(
          { work: 'bootstrap', rtt, hosts },
          able,
          () => Math.max(1, Math.round(runs / 4)),
          places,
          () => blank(names),
        ),
      )
    }
    const willing = new Set(tools)
    // Every tool has the server as it wants it, before anything is measured.
    await at(0, async ([first]) => {
      const places = first === undefined ? [] : [first]
      for (const tool of tools.filter((one) => one.works.includes('drift'))) {
        try {
          const { ms, note } = await tool.run(places)
          console.error(`to begin with: ${tool.name} ${seconds(ms)} ${note ?? ''}`)
        } catch (error) {
          if (!tool.slow) throw error
          // A peer that does not get along with this host is no reason to measure nothing.
          willing.delete(tool)
          told[tool.name] = `absent: it fails here (${told[tool.name] ?? ''}): ${why(error)}`
          console.error(`${tool.name} ${told[tool.name]}`)
        }
      }
    })
    await alike(names)
    for (const kind of ['converged', 'drift'].filter((one) => work.includes(one))) {
      for (const rtt of list(values.rtt).map(count)) {
        const able = [...willing].filter((tool) => tool.works.includes(kind))
        const before = kind === 'drift' ? () => drift(names) : () => Promise.resolve()
        await at(rtt, (places) =>
          measure({ work: kind, rtt, hosts, ...(more > 0 && { more }) }, able, slow, places, before),
        )
        keep(told)
      }
    }
  } finally {
    await end()
    if (!values.keep) await takeDown(names)
  }
  if (results.length === 0) throw new Error('nothing was measured')
  const all = keep(told)
  console.log(`${all.machine}; ${all.when}`)
  for (const [name, what] of Object.entries(told)) console.log(`${name}: ${what}`)
  console.log(`medians, and beside them how many times as long as trueup's:\n\n${table(results)}`)
}

if (values.help) process.stdout.write(HELP)
else await session()
