/**
 * Everything that `npm test` checks, in the order in which a mistake shows soonest: types and style, then the tests by
 * kind. Ends with the line `N passed, N failed`, whatever happened before.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { notRun, rowsOf } from './shown.ts'

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  success: z.boolean(),
})

interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const run = (command: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    console.log(`\n$ ${[command, ...args].join(' ')}`)
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })

const check = async (...args: readonly string[]): Promise<Count> => {
  const good = await run('npx', ['--no-install', ...args])
  return { passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0 }
}

const tests = async (folder: string, project: string): Promise<Count> => {
  const file = join(folder, `${project}.json`)
  const good = await run('npx', [
    '--no-install',
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ])
  try {
    const report = Report.parse(JSON.parse(readFileSync(file, 'utf8')))
    // A file that does not even load fails the run without failing a test.
    const failed = report.numFailedTests === 0 && !(good && report.success) ? 1 : report.numFailedTests
    return { passed: report.numPassedTests, failed, skipped: report.numPendingTests }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const kindOf = (file: string): string => /\.(engine|e2e|long)\.test\.ts$/.exec(file)?.[1] ?? 'unit'

/** Every test that docs/requirements.md names, of the kinds that ran, has run and passed. */
const shown = (folder: string, kinds: readonly string[]): Count => {
  console.log('\n$ the tests that docs/requirements.md names')
  try {
    const named = rowsOf(readFileSync('docs/requirements.md', 'utf8')).flatMap(({ tests: all }) => all)
    const due = named.filter(({ file }) => kinds.includes(kindOf(file)))
    const reports = kinds.map((kind): unknown => JSON.parse(readFileSync(join(folder, `${kind}.json`), 'utf8')))
    const lacking = notRun(due, reports)
    for (const { row, file, title } of lacking) console.log(`${row}: did not run, or did not pass: ${file} › ${title}`)
    console.log(`${due.length - lacking.length} of ${due.length} ran and passed`)
    return { passed: lacking.length === 0 ? 1 : 0, failed: lacking.length === 0 ? 0 : 1, skipped: 0 }
  } catch (error) {
    console.log(String(error))
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const folder = mkdtempSync(join(tmpdir(), 'trueup-test-'))
const projects = process.argv.length > 2 ? process.argv.slice(2) : ['unit', 'engine', 'e2e']
const counts: Count[] = await Promise.all([
  check('tsc', '--noEmit'),
  check('biome', 'format', '.'),
  check('eslint', '.', '--max-warnings', '0'),
])
for (const project of projects) counts.push(await tests(folder, project))
counts.push(shown(folder, projects))
rmSync(folder, { recursive: true })

const sum = (field: keyof Count) => counts.reduce((total, count) => total + count[field], 0)
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`)
process.exitCode = sum('failed') > 0 ? 1 : 0
