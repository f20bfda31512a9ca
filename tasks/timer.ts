import { sh, type Task } from '../lib/index.ts'
import { known, running, unitName } from './systemd.ts'
import { unitFile } from './unit-file.ts'

export interface TimerOptions {
  /** Without a suffix: `backup` makes backup.service and backup.timer. */
  readonly name: string
  /** What it is for, as `systemctl list-timers` and the journal show it. */
  readonly description: string
  /** When, as in systemd.time(7): `*-*-* 03:00:00 Europe/Warsaw`. The host's systemd-analyze(1) judges it. */
  readonly onCalendar: string
  /** Program (its absolute path) and arguments, each passed on as it is: no shell, no variables, no specifiers. */
  readonly command: readonly [string, ...string[]]
  /** root unless given. */
  readonly user?: string
  /** Made up for when the machine was off; true unless given. */
  readonly persistent?: boolean
  /** How late it may be, as in systemd.time(7); `1min` unless given, which is systemd's own. */
  readonly accuracy?: string
  /** Spread over this long a time, as in systemd.time(7). */
  readonly randomizedDelay?: string
  /** Seconds after which a run is ended; none unless given. */
  readonly timeout?: number
  /** Further settings of its [Service], as in systemd.exec(5): what it may do, where its output goes. */
  readonly service?: Readonly<Record<string, string>>
}

/**
 * One word for ExecStart= (systemd.service(5), COMMAND LINES): in double quotes with C escapes, `$` and `%` doubled.
 *
 * @throws TypeError on a line end or a NUL, which the format cannot hold
 */
export const execWord = (word: string): string => {
  if (/[\n\r\0]/.test(word))
    throw new TypeError(`a unit's command cannot hold a line end or a NUL: ${JSON.stringify(word.slice(0, 80))}`)
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  if (/^[A-Za-z0-9_/.:=@,+%$-]+$/.test(escaped)) return escaped
  return `"${escaped.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

const line = (name: string, value: string): string => {
  if (value === '' || /[\n\r\0]|\\$/.test(value))
    throw new TypeError(`${name}= takes one line of text, not ${JSON.stringify(value)}`)
  return `${name}=${value}`
}

const text = (lines: readonly (string | undefined)[]): string =>
  lines.filter((one) => one !== undefined).join('\n') + '\n'

const service = (options: TimerOptions): string => {
  const [program] = options.command
  if (!program.startsWith('/'))
    throw new TypeError(`a unit's command begins with an absolute path, not ${JSON.stringify(program)}`)
  return text([
    '[Unit]',
    line('Description', options.description.replaceAll('%', '%%')),
    '',
    '[Service]',
    'Type=oneshot',
    options.user === undefined ? undefined : line('User', options.user.replaceAll('%', '%%')),
    options.timeout === undefined ? undefined : `TimeoutStartSec=${options.timeout}`,
    ...Object.entries(options.service ?? {}).map(([name, value]) => line(name, value)),
    `ExecStart=${options.command.map(execWord).join(' ')}`,
  ])
}

const timerUnit = (options: TimerOptions): string =>
  text([
    '[Unit]',
    line('Description', options.description.replaceAll('%', '%%')),
    '',
    '[Timer]',
    line('OnCalendar', options.onCalendar),
    line('AccuracySec', options.accuracy ?? '1min'),
    options.randomizedDelay === undefined ? undefined : line('RandomizedDelaySec', options.randomizedDelay),
    `Persistent=${options.persistent ?? true}`,
    '',
    '[Install]',
    'WantedBy=timers.target',
  ])

/**
 * A command at set times, by a service and a timer of systemd: four tasks. A wrong time is refused on the host before
 * anything is written. A timer that is running keeps to changed times at once.
 *
 * @throws TypeError for values that unit files cannot hold, and a program that is no absolute path
 */
export const timer = (options: TimerOptions): readonly Task[] => {
  const name = unitName(`${options.name}.service`).replace(/\.service$/, '')
  const times = sh`systemd-analyze calendar -- ${options.onCalendar} >/dev/null`
  return [
    unitFile({ name: `${name}.service`, content: service(options) }, [times]),
    unitFile({ name: `${name}.timer`, content: timerUnit(options) }, [times]),
    known(`${name}.service`),
    running(`${name}.timer`),
  ]
}
