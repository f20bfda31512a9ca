import { Cron } from 'croner'
import type { Task } from '../lib/index.ts'
import { file } from './file.ts'

export interface CronJob {
  /** Five fields as in crontab(5), or `@reboot`, `@daily` and their like. In the host's time zone. */
  readonly schedule: string
  /** root unless given. */
  readonly user?: string
  /** For /bin/sh, on one line; `%` is just a percent sign. */
  readonly command: string
}

export interface CronFileOptions {
  /** The file in /etc/cron.d: letters, digits, `_` and `-`. */
  readonly name: string
  readonly jobs: readonly CronJob[]
  /** Variables of all its jobs; nothing in them is expanded. */
  readonly env?: Readonly<Record<string, string>>
}

const NICKNAMES = new Set(['@reboot', '@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'])

const NAMES = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)'
/** What cron itself reads; croner knows more (`L`, `W`, `#`, `?`), which cron would not. */
const RANGE = `(?:\\*|(?:\\d{1,2}|${NAMES})-(?:\\d{1,2}|${NAMES}))(?:/[1-9]\\d?)?|\\d{1,2}|${NAMES}`
const FIELD = new RegExp(`^(?:${RANGE})(?:,(?:${RANGE}))*$`, 'i')

/**
 * A time as crontab(5) has it.
 *
 * @throws TypeError when cron would refuse it, or it never comes (31 February)
 */
export const schedule = (text: string): string => {
  if (NICKNAMES.has(text)) return text
  const fields = text.split(' ')
  if (fields.length !== 5 || !fields.every((field) => FIELD.test(field)))
    throw new TypeError(`not a time for cron: ${JSON.stringify(text)}; five fields, such as “0 3 * * *”`)
  if (next(text) === null) throw new TypeError(`this time never comes: ${JSON.stringify(text)}`)
  return text
}

const next = (text: string): Date | null => {
  try {
    return new Cron(text, { mode: '5-part', paused: true, utcOffset: 0 }).nextRun()
  } catch (error) {
    throw new TypeError(
      `not a time for cron: ${JSON.stringify(text)}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/**
 * A command as cron passes it on unchanged: cron takes an unescaped `%` for a line end, and takes one backslash away
 * from `\%` and `\\` (vixie-cron's do_command.c). A single backslash elsewhere stays as it is.
 *
 * @throws TypeError on a line end or a NUL, which a job cannot hold
 */
export const cronEscape = (command: string): string => {
  if (/[\n\r\0]/.test(command) || command.trim() === '')
    throw new TypeError(`a cron job's command is one line: ${JSON.stringify(command.slice(0, 80))}`)
  return command
    .trim()
    .replaceAll(/\\{2,}|\\(?=%)/g, (slashes) => slashes + slashes)
    .replaceAll('%', '\\%')
}

const variable = ([name, value]: readonly [string, string]): string => {
  const quotes = value.includes('"') ? "'" : '"'
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || /[\n\r\0]/.test(value) || value.includes(quotes))
    throw new TypeError(`cron cannot hold the variable ${JSON.stringify(name)}`)
  return `${name}=${quotes}${value}${quotes}`
}

const job = ({ schedule: when, user = 'root', command }: CronJob): string => {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(user))
    throw new TypeError(`not the name of a user: ${JSON.stringify(user)}`)
  return `${schedule(when)} ${user} ${cronEscape(command)}`
}

/**
 * A file of jobs in /etc/cron.d. cron reads it within a minute; nothing needs to be reloaded.
 *
 * @throws TypeError for a name that cron ignores (one with a dot, as run-parts(8) has it), a wrong time, and values
 *   that the format cannot hold
 */
export const cronFile = ({ name, jobs, env = {} }: CronFileOptions): Task => {
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    throw new TypeError(`cron ignores files named like ${JSON.stringify(name)}: letters, digits, “_” and “-” only`)
  const lines = [...Object.entries(env).map(variable), ...jobs.map(job)]
  return file({ path: `/etc/cron.d/${name}`, content: `${lines.join('\n')}\n`, title: `cron jobs ${name}` })
}
