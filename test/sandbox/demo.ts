// A bare server, every role applied, and applied again: the second pass must find nothing to do.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { appRepository } from './application.ts'
import { findHost } from './host.ts'
import { inventoryFile, reset, up } from './index.ts'
import { checkout } from './paths.ts'
import { images } from './registry/index.ts'
import { explain } from './shell.ts'

const HOST = 'web1'
const COMMAND = ['--import', 'tsx', 'run.ts', '-i', inventoryFile, '--role', 'all', '--limit', HOST]

const print = (text: string) => process.stdout.write(`${text}\n`)

const run = (flags: readonly string[], show: (line: string) => void) =>
  new Promise<number>((resolve, reject) => {
    const stdout = flags.includes('--json') ? 'pipe' : 'inherit'
    const child = spawn(process.execPath, [...COMMAND, ...flags], {
      cwd: checkout,
      stdio: ['inherit', stdout, 'inherit'],
    })
    if (child.stdout) createInterface({ input: child.stdout }).on('line', show)
    child.once('error', reject).once('close', (code) => resolve(code ?? 1))
  })

const timed = async <T>(work: () => Promise<T>): Promise<{ value: T; seconds: string }> => {
  const start = performance.now()
  const value = await work()
  return { value, seconds: `${((performance.now() - start) / 1000).toFixed(1)} s` }
}

type Line = { event?: string; role?: string; task?: string; status?: string; message?: string }

/** Reads the second pass: counts what was right already, and shows everything else. */
const watch = () => {
  const seen = { ok: 0, other: 0 }
  const show = (line: string) => {
    const { event, role, task, status, message }: Line = JSON.parse(line)
    if (event === 'task' && status === 'ok') seen.ok += 1
    else if (event === 'task' || event === 'handler' || event === 'host') {
      seen.other += 1
      print(`  ${status}: ${[role, task, message].filter(Boolean).join(', ')}`)
    }
  }
  return { seen, show }
}

const demo = async (): Promise<number> => {
  const boot = await timed(async () => ((await findHost(HOST)) ? reset([HOST]).then(() => up([HOST])) : up([HOST])))
  await images()
  await appRepository(HOST)
  const address = boot.value[0]?.address
  print(`${HOST}, a bare server, is up at ${address} (${boot.seconds}). Applying every role:\n`)

  const first = await timed(() => run([], print))
  if (first.value !== 0) return first.value
  print(`\nApplying every role again:\n`)
  const { seen, show } = watch()
  const second = await timed(() => run(['--json'], show))

  print(`  ${seen.ok} tasks ok, ${seen.other} changed\n`)
  print(`first pass ${first.seconds}, second pass ${second.seconds}`)
  print(`enter it:  npm run --silent sandbox -- ssh ${HOST} -- hostname`)
  print('remove it: npm run --silent sandbox -- down')
  if (second.value === 0 && seen.ok > 0 && seen.other === 0) return 0
  print('The second pass should have changed nothing.')
  return second.value || 1
}

try {
  process.exitCode = await demo()
} catch (error) {
  process.stderr.write(`demo: ${explain(error)}\n`)
  process.exitCode = 1
}
