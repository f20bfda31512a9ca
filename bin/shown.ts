import * as z from 'zod'

/** A test that a row of docs/requirements.md names. */
export interface Named {
  readonly row: string
  readonly file: string
  /** As it stands in the source, `%s` and `$name` included. */
  readonly title: string
  /** Runs in the long project, and not in the gate. */
  readonly long: boolean
}

/** One row of the page. */
export interface Row {
  readonly id: string
  readonly tests: readonly Named[]
  /** Lines of `verify` that only the live host can answer. */
  readonly live: readonly string[]
  /** What no test shows. */
  readonly open: readonly string[]
}

/** The rows of a page whose last column says what shows them. @throws Error for what says nothing that is known */
export const rowsOf = (page: string): readonly Row[] =>
  page.split('\n').flatMap((line): Row[] => {
    const [, id, shown] = /^\| ([RDF]\d+) \|.*\| (.*) \|$/.exec(line) ?? []
    if (id === undefined || shown === undefined) return []
    const row = { id, tests: [] as Named[], live: [] as string[], open: [] as string[] }
    for (const one of shown.split('<br>')) {
      const [, file, title, long] = /^`(test\/\S+\.test\.ts)` › (.*?)( \(long\))?$/.exec(one) ?? []
      const live = /^live: verify “([^”]+)”/.exec(one)?.[1]
      const open = /^\*\*not shown\*\*: (.+)$/.exec(one)?.[1]
      if (file !== undefined && title !== undefined) row.tests.push({ row: id, file, title, long: long !== undefined })
      else if (live !== undefined) row.live.push(live)
      else if (open !== undefined) row.open.push(open)
      else throw new Error(`${id}: what is “${one}”?`)
    }
    return [row]
  })

/** A title of the source as the runner spells it: whatever stands for a value may be anything. */
const spelled = (title: string): RegExp =>
  new RegExp(
    `^${title
      .split(/%[sdifjo]|\$\w+/)
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  )

const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ title: z.string(), status: z.string() })),
    }),
  ),
})

/** Named tests that did not run, or did not pass, in these reports of vitest (`--reporter=json`). */
export const notRun = (named: readonly Named[], reports: readonly unknown[]): readonly Named[] => {
  const results = reports.flatMap((report) => Report.parse(report).testResults)
  return named.filter(({ file, title }) => {
    const pattern = spelled(title)
    const found = results
      .filter(({ name }) => name.endsWith(`/${file}`))
      .flatMap(({ assertionResults }) => assertionResults.filter((one) => pattern.test(one.title)))
    return found.length === 0 || found.some(({ status }) => status !== 'passed')
  })
}
