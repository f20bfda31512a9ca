import { resolveHosts } from '../../inventory/vars.ts'
import { runFleet } from '../runner/fleet.ts'
import { parseRuns, readRuns } from '../runner/journal/read.ts'
import { undoing } from '../runner/journal/undo.ts'
import type { Target } from '../runner/turn.ts'
import { program } from './again.ts'
import { askAll } from './ask.ts'
import { checkId } from './history.ts'
import { selection } from './hosts.ts'
import { interrupts } from './interrupt.ts'
import { opener } from './open.ts'
import type { Invocation } from './options.ts'
import { chooseReporter } from './reporter.ts'
import { runId } from './run-id.ts'
import { runInfo } from './run-info.ts'
import { UsageError } from './usage.ts'
import { version } from './version.ts'

/** Puts back the files that a run has replaced, on every host that remembers it. A run like any other, and remembered too. */
export const undo = async ({ words, options }: Invocation): Promise<number> => {
  const undone = checkId(words[0] ?? '')
  const { inventory, names } = selection(options.inventory, options.limit)
  const all = await resolveHosts(inventory, names)
  const quiet = await opener(options, () => {})
  const asked = await askAll(all, quiet, readRuns, options.forks)
  const hosts = asked.flatMap((one) => {
    const remembers = 'error' in one || parseRuns(one.output.stdout).some(({ run }) => run.id === undone)
    return remembers ? [one.host] : []
  })
  if (hosts.length === 0) throw new UsageError(`no host remembers a run ${undone}; history lists those that are`)

  const id = runId(new Date())
  const again = (host: string) => `${program()} undo ${undone} --limit ${host}`
  const reporter = await chooseReporter(options, hosts.length, again)
  const { dryRun, lockWait: wait } = options
  const open = await opener(options, reporter.emit, { run: id, mode: dryRun ? 'look' : 'take', wait })
  return await runFleet({
    ...reporter,
    id,
    version: version(),
    targets: hosts.map(
      (host): Target => ({
        name: host.name,
        site: host.site,
        assignments: (session) => undoing(session, undone),
        open: () => open(host),
      }),
    ),
    roles: ['undo'],
    dryRun,
    found: 0,
    diff: options.diff,
    verbose: options.verbose,
    forks: options.forks,
    signal: interrupts.watch(reporter.note),
    info: { ...runInfo(id, ['undo']), undoes: undone },
  })
}
