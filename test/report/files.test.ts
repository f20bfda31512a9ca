import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { reportFiles } from '../../lib/cli/report-files.ts'
import { UsageError } from '../../lib/cli/usage.ts'
import type { Event, Status } from '../../lib/events.ts'
import { html } from '../../lib/report/html.ts'
import { junit } from '../../lib/report/junit.ts'

const dir = mkdtempSync(join(tmpdir(), 'trueup-reports-'))
afterAll(() => rmSync(dir, { recursive: true }))

const task = (name: string, status: Status, more: object = {}): Event => ({
  event: 'task',
  host: 'web1',
  role: 'nginx',
  task: name,
  status,
  changes: [],
  ms: 12,
  ...more,
})

const EVENTS: readonly Event[] = [
  { event: 'run', id: 'r1', dryRun: false, roles: ['nginx'], hosts: ['web1', 'gone'], version: '0' },
  task('file /etc/a', 'ok'),
  task('file /etc/b', 'changed', {
    changes: [{ key: 'mode', from: '0644', to: '0600' }],
    diff: '--- a\n+++ b\n-<old>\n+new & "x"',
  }),
  task('unit x', 'failed', { message: 'exit code 1\n  it said: <script>alert(1)</script>' }),
  task('later', 'skipped'),
  { event: 'handler', host: 'web1', role: 'nginx', task: 'reload nginx', status: 'changed', ms: 3 },
  { event: 'host', host: 'gone', status: 'unreachable', exitCode: 3, message: 'gone: no route\nto host' },
  {
    event: 'summary',
    exitCode: 3,
    hosts: {
      web1: { ok: 1, changed: 1, wouldChange: 0, unknown: 0, failed: 1, skipped: 1, handlers: 1, trips: 2, ms: 640 },
    },
  },
]

/** What XML 1.0 allows, tags balanced and entities known: enough of a parser to tell what is not well-formed. */
const wellFormed = (xml: string): void => {
  expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/)
  expect(xml.replace(/[\t\n\r\x20-\uD7FF\uE000-\uFFFD]|[\uD800-\uDBFF][\uDC00-\uDFFF]/g, '')).toBe('')
  const open: string[] = []
  const rest = xml
    .slice(xml.indexOf('\n'))
    .replace(
      /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g,
      (_, close: string, name: string, attributes: string, empty: string) => {
        if (close !== '') expect(open.pop()).toBe(name)
        else if (empty === '') open.push(name)
        return attributes
      },
    )
  expect(open).toEqual([])
  expect(rest.replace(/&(?:amp|lt|gt|quot|#39|#10|#9);/g, '')).not.toMatch(/[<>&]/)
}

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(']]>', '<!--', '</failure>', '"><x y="', '\0\x1b[31m', '\uFFFF', '&lt;'),
)

const LEFT: Event = { event: 'host', host: 'left', status: 'skipped', exitCode: 1, message: 'gone has failed' }

describe('junit', () => {
  it('takes a host that was not begun for skipped, and for no error', () => {
    const xml = junit([...EVENTS, LEFT])
    wellFormed(xml)
    expect(xml).toMatch(
      /<testsuite name="left" tests="1" failures="0" errors="0" skipped="1">\s*<testcase [^>]*>\s*<skipped message="gone has failed"\/>/,
    )
  })

  it('has a suite for each host and role, and a case for each task', () => {
    const xml = junit(EVENTS)
    wellFormed(xml)
    expect(xml).toContain('<testsuite name="web1 nginx" tests="5" failures="1" errors="0" skipped="1" time="0.051">')
    expect(xml).toContain('<testcase name="file /etc/a" classname="web1.nginx" time="0.012"/>')
    expect(xml).toContain('<failure message="exit code 1">exit code 1\n  it said: &lt;script&gt;')
    expect(xml).toContain('<error message="gone: no route">gone: no route\nto host</error>')
    expect(xml).toContain('mode: 0644 → 0600')
    expect(xml).toContain('<testcase name="handler: reload nginx"')
  })

  it('fails for what a dry run found', () => {
    expect(junit([task('file /etc/a', 'would-change')])).toContain('<failure message="would change">')
  })

  it('is well-formed whatever a host says', () => {
    fc.assert(
      fc.property(anything, anything, anything, (name, message, diff) => {
        wellFormed(
          junit([
            task(name, 'failed', { message, diff }),
            task(name, 'changed', { diff }),
            { event: 'host', host: name, status: 'locked', exitCode: 4, message },
          ]),
        )
      }),
    )
  })
})

describe('html', () => {
  it('is one page that needs nothing and runs nothing', () => {
    const page = html(EVENTS)
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import/i)
    expect(page).toContain('&lt;script&gt;')
    expect(page).toContain("default-src 'none'")
    expect(page).toContain('<details open><summary><span class="failed">failed</span> unit x</summary>')
    expect(page).toContain('1 ok, 1 changed, 1 failed, 1 skipped, 1 handler')
    expect(page).toContain('gone: no route')
  })

  it('has a row and no section for a host that was not begun', () => {
    const page = html([...EVENTS, LEFT])
    expect(page).not.toContain('<h2>left')
    expect(page).toContain('<h2>gone')
  })

  it('takes nothing of what a host says as markup', () => {
    const shape = (page: string) => page.match(/<[^>]*>/g)?.join('')
    const page = (word: string) => html([task(word, 'failed', { message: word, diff: word })])
    fc.assert(
      fc.property(anything, (word) => {
        expect(shape(page(`x${word}`))).toBe(shape(page('x')))
      }),
    )
  })
})

describe('--report', () => {
  it.each([
    'junit',
    '=x',
    'pdf=x',
    'constructor=x',
    'junit=',
    `junit=${dir}/none/x`,
  ])('%s is refused before anything is run', (typed) => {
    expect(() => reportFiles([typed])).toThrow(UsageError)
  })

  it('writes each file as a whole', async () => {
    const files = reportFiles([`junit=${dir}/a=b.xml`, `html=${dir}/r.html`, `json=${dir}/r.json`])
    for (const event of EVENTS) files.emit(event)
    await files.save()
    expect(readdirSync(dir).sort()).toEqual(['a=b.xml', 'r.html', 'r.json'])
    expect(readFileSync(join(dir, 'a=b.xml'), 'utf8')).toBe(junit(EVENTS))
    expect(JSON.parse(readFileSync(join(dir, 'r.json'), 'utf8'))).toEqual(EVENTS)
  })
})
