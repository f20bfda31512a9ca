import { resolveHosts } from '../../inventory/vars.ts'
import { mask } from '../language/mask.ts'
import { columns } from '../report/columns.ts'
import { duration, plural } from '../report/counts.ts'
import { details } from '../report/details.ts'
import { coloured, colours, indented, printable } from '../report/style.ts'
import { parseRun, parseRuns, readRun, readRuns, type Remembered, type RememberedRun } from '../runner/journal/read.ts'
import { worst } from '../runner/tally.ts'
import { askAll, type Asked } from './ask.ts'
import { selection } from './hosts.ts'
import { note } from './note.ts'
import { opener } from './open.ts'
import type { Invocation, Options } from './options.ts'
import { UsageError } from './usage.ts'

/** Tells which runs have changed something on the hosts, or everything that one of them has changed. */
export const history = async ({ words: [id], options }: Invocation): Promise<number> => {
  const asked = await askHosts(id, options)
  const failures = asked.flatMap((one) => ('error' in one ? [one] : []))
  const print = options.json ? printJson : printText
  if (id === undefined) {
    const runs = asked.flatMap((one) => ('output' in one ? parseRuns(one.output.stdout) : []))
    print.runs(runs.sort((a, b) => (a.run.id < b.run.id ? 1 : a.run.id > b.run.id ? -1 : 0)))
  } else {
    const runs = asked.flatMap((one) => ('output' in one ? (parseRun(one.output.stdout) ?? []) : []))
    if (runs.length === 0 && failures.length === 0)
      throw new UsageError(`no host remembers a run ${JSON.stringify(id)}; history lists those that are`)
    for (const run of runs) print.run(run)
  }
  for (const { host, error, exitCode } of failures) print.failure(host.name, error, exitCode)
  return worst(failures.map(({ exitCode }) => exitCode))
}

const askHosts = async (id: string | undefined, options: Options): Promise<Asked[]> => {
  const { inventory, names } = selection(options.inventory, options.limit)
  const hosts = await resolveHosts(inventory, names)
  const open = await opener(options, (event) => event.event === 'warning' && note(`${event.host}: ${event.message}`))
  return await askAll(hosts, open, id === undefined ? readRuns : readRun(checkId(id)), options.forks)
}

/** @throws UsageError for what is no run's id: it becomes part of a path on the host */
export const checkId = (id: string): string => {
  if (/^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/.test(id)) return id
  throw new UsageError(`not the id of a run: ${JSON.stringify(id)}; history lists them`)
}

interface Printer {
  runs(runs: readonly Remembered[]): void
  run(run: RememberedRun): void
  failure(host: string, error: string, exitCode: number): void
}

/** A run in one object: for programs. */
const summary = ({ run: { event: _event, ...run }, end, begun }: Remembered) => ({
  ...run,
  changed: end?.changed ?? null,
  failed: end?.failed ?? null,
  begun,
  outcome: end?.outcome ?? 'unfinished',
  ms: end?.ms ?? null,
})

const line = (event: object) => void process.stdout.write(`${mask(JSON.stringify(event))}\n`)

const printJson: Printer = {
  runs: (runs) => runs.forEach((run) => line({ event: 'history', ...summary(run) })),
  run: (run) => {
    const { host } = run.run
    line({ event: 'history', ...summary(run) })
    for (const { begun, told, paths } of run.changes) {
      const status = told?.status ?? 'unfinished'
      const names = paths.map(({ path, kept }) => ({ path, kept: kept !== undefined && kept !== 'no' }))
      const { role, task } = begun
      line({ changes: [], ...told, event: 'task', host, role, task, status, paths: names })
    }
    for (const one of run.handlers) line({ ...one, host })
  },
  failure: (host, message, exitCode) =>
    line({ event: 'host', host, status: exitCode === 3 ? 'unreachable' : 'failed', exitCode, message }),
}

const write = (text: string) => void process.stdout.write(`${text}\n`)

const when = (text: string): string => text.slice(0, 16).replace('T', ' ')

const counted = ({ end, begun }: Remembered): string =>
  end === undefined
    ? `${plural(begun, 'change')} begun`
    : `${end.changed} changed${end.failed > 0 ? `, ${end.failed} failed` : ''}`

const printText: Printer = {
  runs: (runs) => {
    const rows = runs.map((one) => {
      const { id, host, who, roles, undoes } = one.run
      const what = undoes === undefined ? roles.join(',') : `undo ${undoes}`
      return [id, when(one.run.when), host, who, what, counted(one), one.end?.outcome ?? 'unfinished'].map(printable)
    })
    for (const line of columns(rows)) write(line)
  },
  run: (run) => {
    const colour = colours(coloured(process.env, process.stdout.isTTY))
    const { id, host, who, from, version, roles, plan, undoes } = run.run
    const came = from === null ? '' : ` from ${from}`
    const what = undoes === undefined ? roles.join(', ') : `undo of ${undoes}`
    write(
      printable(
        `${colour.bold(host)}  run ${id}, ${when(run.run.when)} UTC, by ${who}${came}, trueup ${version}: ${what}`,
      ),
    )
    if (plan !== undefined) write(printable(`  as planned by ${plan}`))
    for (const { begun, told, paths } of run.changes) {
      if (told !== undefined) for (const text of details({ ...told, host }, colour)) write(text)
      else write(`${colour.dim(`${host} ${begun.role}`)}  ${colour.red('unfinished  ')}  ${printable(begun.task)}`)
      for (const { path, kept } of paths)
        if (kept === 'no') for (const text of indented(`${path} was too large to be kept`, '    ')) write(text)
    }
    for (const one of run.handlers) for (const text of details({ ...one, host }, colour)) write(text)
    const end =
      run.end === undefined
        ? 'unfinished: the run never came to its end'
        : `${run.end.outcome} in ${duration(run.end.ms)}`
    write(`${host}  ${counted(run)}; ${end}`)
  },
  failure: (_, error) => void process.stderr.write(`${printable(error)}\n`),
}
