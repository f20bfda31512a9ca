/**
 * Everything that `npm test` checks, in the order in which a mistake shows soonest: types and style, then the tests by
 * kind. Ends with the line `N passed, N failed`, whatever happened before.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'

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

const folder = mkdtempSync(join(tmpdir(), 'trueup-test-'))
const projects = process.argv.length > 2 ? process.argv.slice(2) : ['unit', 'engine', 'e2e']
const counts: Count[] = [
  await check('tsc', '--noEmit'),
  await check('biome', 'format', '.'),
  await check('eslint', '.', '--max-warnings', '0'),
]
for (const project of projects) counts.push(await tests(folder, project))
rmSync(folder, { recursive: true })

const sum = (field: keyof Count) => counts.reduce((total, count) => total + count[field], 0)
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`)
process.exitCode = sum('failed') > 0 ? 1 : 0
