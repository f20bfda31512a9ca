import type { Event, HandlerEvent, HostEvent, TaskEvent } from '../events.ts'
import { notBegun, plainDetails } from './details.ts'
import { type Section, sections } from './sections.ts'
import { attribute, text } from './xml.ts'

type Case = TaskEvent | HandlerEvent

const isCase = (event: Event): event is Case => event.event === 'task' || event.event === 'handler'

const tag = (name: string, message: string, body: string): string =>
  `      <${name} message="${attribute(message)}">${text(body)}</${name}>\n`

/** What a build server is to make of a task: drift that a dry run found is a failure of “it is as wanted”. */
const outcome = (event: Case): string => {
  const body = plainDetails(event)
  const first = event.message?.split('\n')[0] ?? event.status
  switch (event.status) {
    case 'failed':
      return tag('failure', first, body)
    case 'would-change':
      return tag('failure', 'would change', body)
    case 'unknown':
    case 'skipped':
      return `      <skipped message="${attribute(first)}"/>\n`
    case 'changed':
      return `      <system-out>${text(body)}</system-out>\n`
    case 'ok':
      return ''
  }
}

const testcase = (event: Case): string => {
  const name = `name="${attribute(event.event === 'handler' ? `handler: ${event.task}` : event.task)}"`
  const where = `classname="${attribute(`${event.host}.${event.role}`)}" time="${(event.ms / 1000).toFixed(3)}"`
  const inner = outcome(event)
  return inner === ''
    ? `    <testcase ${name} ${where}/>\n`
    : `    <testcase ${name} ${where}>\n${inner}    </testcase>\n`
}

const suite = ({ host, role, events: cases }: Section<Case>): string => {
  const count = (...statuses: readonly string[]) => cases.filter(({ status }) => statuses.includes(status)).length
  const seconds = cases.reduce((sum, { ms }) => sum + ms, 0) / 1000
  const counts = `tests="${cases.length}" failures="${count('failed', 'would-change')}" errors="0" skipped="${count('unknown', 'skipped')}"`
  return `  <testsuite name="${attribute(`${host} ${role}`)}" ${counts} time="${seconds.toFixed(3)}">\n${cases.map(testcase).join('')}  </testsuite>\n`
}

/** A host that could not be worked with, or was left alone. */
const broken = (event: HostEvent): string => {
  const [host, first] = [attribute(event.host), event.message.split('\n')[0] ?? '']
  const skipped = notBegun(event)
  const inner = skipped ? `      <skipped message="${attribute(first)}"/>\n` : tag('error', first, event.message)
  return `  <testsuite name="${host}" tests="1" failures="0" errors="${skipped ? 0 : 1}" skipped="${skipped ? 1 : 0}">
    <testcase name="connect" classname="${host}">
${inner}    </testcase>
  </testsuite>\n`
}

/** For build servers: JUnit's XML, a suite for each host and role, a case for each task. */
export const junit = (events: readonly Event[]): string => {
  const hosts = events.flatMap((event) => (event.event === 'host' ? [broken(event)] : []))
  const all = sections(events.filter(isCase)).map(suite)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="trueup">\n${[...all, ...hosts].join('')}</testsuites>\n`
}
