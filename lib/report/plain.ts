import type { Emit, Event } from '../events.ts'
import { counted, none, notable, plus } from './counts.ts'
import { details, type Happening, isHappening, worthTelling } from './details.ts'
import { nextSteps } from './next.ts'
import { recap } from './recap.ts'
import { colours } from './style.ts'
import type { TextOptions } from './text.ts'

/** For logs and pipes: a line for whatever is not simply fine, a line for each role, a recap. */
export const plainReporter = ({ write, colour: on, verbose, again }: TextOptions): Emit => {
  const colour = colours(on)
  const print = (lines: readonly string[]) => lines.forEach((line) => write(`${line}\n`))
  const roles = new Map<string, { role: string; counts: typeof none }>()
  const seen: Happening[] = []
  let dryRun = false

  const closeRole = (host: string) => {
    const open = roles.get(host)
    roles.delete(host)
    if (open === undefined) return
    const paint = open.counts.failed > 0 ? colour.red : notable(open.counts) > 0 ? colour.yellow : colour.green
    print([`${colour.dim(`${host} ${open.role}`)}  ${paint(counted(open.counts))}`])
  }

  const count = (event: Event) => {
    if (event.event !== 'task' && event.event !== 'handler') return
    if (roles.get(event.host)?.role !== event.role) closeRole(event.host)
    const counts = plus(roles.get(event.host)?.counts ?? none, event)
    roles.set(event.host, { role: event.role, counts })
  }

  return (event) => {
    count(event)
    if (event.event === 'run') dryRun = event.dryRun
    if (isHappening(event)) {
      seen.push(event)
      if (verbose || worthTelling(event)) print(details(event, colour))
    }
    if (event.event === 'summary') {
      for (const host of roles.keys()) closeRole(host)
      print(['', ...recap(event, seen, dryRun, colour), ...nextSteps(seen, again)])
    }
  }
}
