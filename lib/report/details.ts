import type { Event, HandlerEvent, HostEvent, TaskEvent, WarningEvent } from '../events.ts'
import { type Colours, colours, indented, printable } from './style.ts'

/** An event about something that happened on a host. */
export type Happening = TaskEvent | HandlerEvent | WarningEvent | HostEvent

export const isHappening = (event: Event): event is Happening =>
  event.event !== 'run' && event.event !== 'summary' && event.event !== 'check'

const IN = '    '

/** Whether people want to read of an event without asking for everything; hosts not begun are told of together. */
export const worthTelling = (event: Happening): boolean =>
  event.event === 'task' ? event.status !== 'ok' && event.status !== 'skipped' : !notBegun(event)

/** Whether it says that a host was not begun. */
export const notBegun = (event: Happening): event is HostEvent & { readonly status: 'skipped' } =>
  event.event === 'host' && event.status === 'skipped'

/** An event as people read it: what and where in one line, and below it why, and what is different. */
export const details = (event: Happening, colour: Colours): string[] => {
  const role = 'role' in event ? event.role : ''
  const where = colour.dim(role === '' ? event.host : `${event.host} ${role}`)
  const line = (word: string, paint: (text: string) => string, rest: string) =>
    `${where}  ${paint(word.padEnd(12))}  ${printable(rest)}`.trimEnd()
  switch (event.event) {
    case 'host':
      return withMessage(line(event.status, notBegun(event) ? colour.yellow : colour.red, ''), event.message)
    case 'warning':
      return withMessage(line('warning', colour.yellow, event.task ?? ''), event.message)
    case 'handler': {
      const { status, task } = event
      const word = status === 'changed' ? 'handler' : status === 'failed' ? 'failed' : 'would run'
      const paint = status === 'failed' ? colour.red : colour.cyan
      return [line(word, paint, task), ...said(event), ...commands(event, colour)]
    }
    case 'task': {
      const { status, task, changes, diff, words } = event
      const told = words ?? differences(diff === undefined ? changes : changes.filter(isWord))
      const head = line(status.replace('-', ' '), paints(colour)[status], task)
      return [
        head,
        ...told.map((text) => `${IN}${oneLine(text)}`),
        ...said(event),
        ...commands(event, colour),
        ...(diff === undefined ? [] : indented(diff, IN).map((text) => paintDiff(text, colour))),
      ]
    }
  }
}

const PLAIN = colours(false)

/** The lines below an event's own, as text for a report. */
export const plainDetails = (event: Happening): string => {
  if (event.event === 'host' || event.event === 'warning') return event.message
  const [, ...lines] = details(event, PLAIN)
  return lines.map((line) => line.slice(IN.length)).join('\n')
}

const paints = (colour: Colours) => ({
  ok: colour.green,
  changed: colour.yellow,
  'would-change': colour.yellow,
  unknown: colour.magenta,
  failed: colour.red,
  skipped: colour.dim,
})

const DIGEST = /^‹.*›$|^[0-9a-f]{40,}$/

/** Whether a change says more than that a whole text, shown as a diff, is another one. */
const isWord = ({ from, to }: TaskEvent['changes'][number]): boolean =>
  ![from, to].some((value) => typeof value === 'string' && DIGEST.test(value))

/** `mode: 0644 → 0600`, one line for each; what is not there at all takes one line for everything. */
const differences = (changes: TaskEvent['changes']): string[] =>
  changes.length > 1 && changes.every(({ from }) => from === null)
    ? [`absent → ${changes.map(({ key, to }) => `${key} ${show(to)}`).join(', ')}`]
    : changes.map(({ key, from, to }) => `${key}: ${show(from)} → ${show(to)}`)

/** A key or a value that a host has made up cannot begin a line of its own. */
const oneLine = (text: string): string => printable(text).replaceAll('\n', '\\n')

/** A short message goes on the line itself. */
const withMessage = (head: string, message: string): string[] => {
  const [first = '', ...more] = indented(message, '')
  return [`${head}  ${first}`, ...more.map((text) => `${IN}${text}`)]
}

const said = ({ message }: { readonly message?: string }): string[] =>
  message === undefined ? [] : indented(message, IN)

/** With -v: the command and its output; a failure's message has them already. */
const commands = ({ status, command, output }: TaskEvent | HandlerEvent, colour: Colours): string[] => {
  if (status === 'failed') return []
  return [
    ...(command === undefined ? [] : indented(command, `${IN}$ `).map(colour.dim)),
    ...(output === undefined || output === '' ? [] : indented(output, `${IN}| `).map(colour.dim)),
  ]
}

const show = (value: TaskEvent['changes'][number]['to']): string => {
  if (value === null) return 'absent'
  if (value === '') return '""'
  return String(value).replace(/^([0-9a-f]{8})[0-9a-f]{32,}$/, '$1…')
}

const paintDiff = (text: string, colour: Colours): string => {
  const line = text.slice(IN.length)
  if (line.startsWith('+++') || line.startsWith('---')) return colour.bold(text)
  if (line.startsWith('+')) return colour.green(text)
  if (line.startsWith('-')) return colour.red(text)
  return line.startsWith('@@') ? colour.cyan(text) : text
}
