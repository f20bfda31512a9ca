import type { Event } from '../events.ts'
import { counted, duration, plural } from './counts.ts'
import { type Happening, isHappening, notBegun, plainDetails, worthTelling } from './details.ts'
import { type Section, sections } from './sections.ts'
import { attribute, text } from './xml.ts'

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222;background:#fff}
table{border-collapse:collapse}td,th{padding:.2em 1em .2em 0;text-align:left}
pre{font:13px/1.4 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.5em 1em;margin:.3em 0}
.failed,.unreachable,.locked,.stale{color:#b00020}.changed,.would-change,.warning{color:#8a5a00}.unknown{color:#6a1b9a}.ok{color:#1b6e2d}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#262626}.failed,.unreachable,.locked,.stale{color:#ff8a80}.changed,.would-change,.warning{color:#ffcc80}.unknown{color:#ce93d8}.ok{color:#a5d6a7}}`

const kind = (event: Happening): string => (event.event === 'warning' ? 'warning' : event.status)

const entry = (event: Happening): string => {
  const title = event.event === 'host' ? event.host : (event.task ?? '')
  const body = plainDetails(event)
  const head = `<span class="${attribute(kind(event))}">${text(kind(event))}</span> ${text(title)}`
  return body === ''
    ? `<p>${head}</p>\n`
    : `<details${kind(event) === 'failed' ? ' open' : ''}><summary>${head}</summary><pre>${text(body)}</pre></details>\n`
}

/** What is not simply fine under each role, and how many tasks are. */
const section = ({ host, role, events }: Section<Happening>): string => {
  const fine = events.length - events.filter(worthTelling).length
  const rest = fine > 0 ? `<p>${text(plural(fine, 'task'))} as wanted or not reached.</p>\n` : ''
  return `<h2>${text(role === '' ? host : `${host} · ${role}`)}</h2>\n${events.filter(worthTelling).map(entry).join('')}${rest}`
}

/** For people who get a file: one page that needs nothing from anywhere, and runs nothing. */
export const html = (events: readonly Event[]): string => {
  const run = events.find((event) => event.event === 'run')
  const summary = events.find((event) => event.event === 'summary')
  // The table says why of hosts that were not begun.
  const told = sections(events.filter(isHappening).filter((event) => !notBegun(event)))
  const title = `trueup ${run?.dryRun === true ? 'dry run' : 'run'} ${run?.id ?? ''}`
  const rows = Object.entries(summary?.hosts ?? {}).map(
    ([name, host]) =>
      `<tr><th>${text(name)}</th><td>${text(counted(host))}</td><td>${text(duration(host.ms))}</td><td>${text(host.error ?? '')}</td></tr>\n`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${text(title)}</title>
<style>${STYLE}</style>
<h1>${text(title)}</h1>
<p>Roles: ${text(run?.roles.join(', ') ?? '')}. Exit code ${text(String(summary?.exitCode ?? ''))}.</p>
<table>
${rows.join('')}</table>
${told.map(section).join('')}</html>
`
}
