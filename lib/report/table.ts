import type { CheckEvent, Emit } from '../events.ts'
import { duration, plural } from './counts.ts'
import { colours, indented, printable } from './style.ts'
import type { TextOptions } from './text.ts'

const WORDS = { ok: 'ok', failed: 'FAILED', unreachable: 'not judged' } as const

const OUTSIDE = 'from outside'

/** The checklist of `verify` for people: a table for each host and one for what was asked from outside. */
export const tableReporter = ({ write, colour: on }: Pick<TextOptions, 'write' | 'colour'>): Emit => {
  const colour = colours(on)
  const paint = { ok: colour.green, failed: colour.red, unreachable: colour.yellow }
  const seen: CheckEvent[] = []

  const row =
    (width: number) =>
    (event: CheckEvent): string => {
      const { status, check, detail, found } = event
      const [first = '', ...more] = printable(detail).split('\n')
      const head = `  ${paint[status](WORDS[status].padEnd(10))}  ${printable(check).padEnd(width)}  ${first}`.trimEnd()
      const state =
        found === undefined ? [] : Object.entries(found).map(([id, state]) => `${id}: ${JSON.stringify(state)}`)
      return [
        head,
        ...more.flatMap((line) => indented(line, '      ')),
        ...state.flatMap((line) => indented(line, '      | ')),
      ]
        .join('\n')
        .concat('\n')
    }

  const finish = (ms: number) => {
    const width = Math.max(...seen.map(({ check }) => check.length), 0)
    for (const group of [...new Set(seen.map(({ host }) => host ?? OUTSIDE))]) {
      write(`${colour.bold(group)}\n`)
      seen
        .filter(({ host }) => (host ?? OUTSIDE) === group)
        .map(row(width))
        .forEach(write)
      write('\n')
    }
    const sum = (status: CheckEvent['status']) => seen.filter((event) => event.status === status).length
    const failed = sum('failed') === 0 ? [] : [colour.red(`${sum('failed')} failed`)]
    const beyond = sum('unreachable') === 0 ? [] : [`${sum('unreachable')} not to be judged from here`]
    write(`${[`${plural(sum('ok'), 'check')} ok`, ...failed, ...beyond].join(', ')}, ${duration(ms)}\n`)
  }

  return (event) => {
    if (event.event === 'check') seen.push(event)
    if (event.event === 'warning') write(`${colour.yellow('warning')}  ${event.host}: ${printable(event.message)}\n`)
    if (event.event === 'summary') finish(Math.max(0, ...Object.values(event.hosts).map(({ ms }) => ms)))
  }
}
