import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { notRun, rowsOf } from '../../bin/shown.ts'
import { verifications } from '../../lib/runner/verify.ts'
import { PASSWORDS } from '../../roles/compose-stack/vars.ts'
import { outside, roles } from '../../roles/index.ts'
import { NOBLE, SITE } from '../roles/facts.ts'

const root = new URL('../../', import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), 'utf8')
const rows = rowsOf(text('docs/requirements.md'))

/** Every line that `verify` can have. */
const lines = (): ReadonlySet<string> => {
  const needed: Readonly<Record<string, object>> = {
    'compose-stack': { env: Object.fromEntries(PASSWORDS.map((name) => [name, 'secret'])) },
    monitoring: { grafana: { password: 'secret' } },
  }
  const assignments = roles.map((role) => ({ role, vars: role.vars.parse(needed[role.name] ?? {}) }))
  const titles = [
    ...verifications(assignments, SITE, NOBLE),
    ...outside({ site: SITE, hosts: [{ name: 'web1', address: '192.0.2.1' }] }),
  ].map(({ title }) => title)
  return new Set(titles)
}

/** Where a test of this title is written: after `it(`, `test(`, or the table of an `.each`, or on a line of its own. */
const written = (source: string, title: string): readonly string[] =>
  source.split('\n').filter((line) => {
    const quoted = [`'${title.replaceAll("'", "\\'")}'`, `'${title}'`, `"${title}"`, `\`${title}\``]
    return quoted.some((one) => line.includes(`(${one}`) || line.trim() === `${one},`)
  })

describe('docs/requirements.md', () => {
  it('has every requirement, defect and fault once, in order', () => {
    const numbered = (letter: string, length: number) => Array.from({ length }, (_, index) => `${letter}${index + 1}`)
    expect(rows.map(({ id }) => id)).toEqual([...numbered('R', 140), ...numbered('D', 44), ...numbered('F', 28)])
  })

  it('says of each what shows it', () => {
    for (const { id, tests, live, open } of rows)
      expect(tests.length + live.length + open.length, id).toBeGreaterThan(0)
  })

  it('names tests that are there, and are not switched off', () => {
    for (const { row, file, title, long } of rows.flatMap(({ tests }) => tests)) {
      expect(existsSync(new URL(file, root)), `${row}: ${file}`).toBe(true)
      const found = written(text(file), title)
      expect(found, `${row}: ${file} › ${title}`).not.toEqual([])
      for (const line of found) expect(line, row).not.toMatch(/\.(skip|todo|fails|skipIf|runIf)\b/)
      expect(long, `${row}: ${file} is marked as what it is`).toBe(file.includes('.long.'))
    }
  })

  it('names lines of the checklist that are there', () => {
    const known = lines()
    for (const { id, live } of rows) for (const name of live) expect([...known], id).toContain(name)
  })

  it('leaves nothing without a test or a line of the checklist', () => {
    expect(rows.filter(({ open }) => open.length > 0).map(({ id }) => id)).toEqual([])
  })

  it('has a test named after each fault, which runs in every gate', () => {
    const faults = rows.filter(({ id }) => id.startsWith('F'))
    const named = (id: string, title: string) => new RegExp(`\\b${id}\\b`).test(title)
    for (const { id, tests } of faults)
      expect(
        tests.filter(({ title }) => named(id, title)),
        id,
      ).not.toEqual([])
    const late = faults.filter(({ id, tests }) => tests.every(({ long, title }) => long || !named(id, title)))
    expect(late.map(({ id }) => id)).toEqual([])
  })
})

describe('a page', () => {
  it('is refused where a row is shown by nothing that is known', () => {
    expect(() => rowsOf('| R1 | a | b | trust me |')).toThrow('R1: what is “trust me”?')
  })

  const named = { row: 'R1', file: 'test/a.test.ts', title: 'has %s (of $name)', long: false }
  const report = (title: string, status: string, name = '/x/test/a.test.ts') => ({
    testResults: [{ name, assertionResults: [{ title, status }] }],
  })
  it.each([
    [report('has one (of two)', 'passed'), 0],
    [report('has one (of two)', 'failed'), 1],
    [report('has one (of two)', 'skipped'), 1],
    [report('had one (of two)', 'passed'), 1],
    [report('has one (of two)', 'passed', '/x/test/b.test.ts'), 1],
    [{ testResults: [] }, 1],
  ])('whose test is told by %j lacks %i', (told, lacking) => {
    expect(notRun([named], [told])).toHaveLength(lacking)
  })
})
