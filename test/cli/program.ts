import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import type { Readable } from 'node:stream'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { bundle } from '../../bin/build.ts'

const root = new URL('../..', import.meta.url).pathname
const folders: string[] = []

const folder = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'trueup-cli-'))
  folders.push(dir)
  return dir
}

let program = ''
let cache = ''

/** The program with the test's roles, from source and as it is built: that one starts several times faster. */
const source = [process.execPath, '--import', 'tsx', join(root, 'test/cli/fixtures/run.ts')]

beforeAll(async () => {
  cache = await folder()
  const dir = await folder()
  await bundle('test/cli/fixtures/run.ts', dir)
  program = join(dir, 'run.js')
}, 180_000)

afterAll(async () => {
  for (const dir of folders) await rm(dir, { recursive: true, force: true, maxRetries: 5 })
})

type Child = ChildProcessByStdio<null, Readable, Readable>

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder with an inventory of this machine as web1, and one of nobody. */
export interface Place {
  readonly dir: string
  readonly inventory: string
  /** Runs the program with the test's roles. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>
  /** The same from source. */
  runSource(args: readonly string[]): Promise<Ended>
  /** The same, with a look at what it prints while it runs. */
  start(args: readonly string[], onOutput: (text: string, child: Child) => void): Promise<Ended>
  /** Runs a shell command; `$PROGRAM` is the program. */
  shell(command: string): Promise<Ended>
}

/** Makes a place that goes away with the test. */
export const place = async (extra = ''): Promise<Place> => {
  const dir = await folder()
  const inventory = join(dir, 'inventory.yml')
  const vars = ['notes', 'slow', 'broken'].map((role) => `  ${role}: { dir: ${dir} }\n`).join('')
  await writeFile(
    inventory,
    `site: { domain: example.org, project: demo, dir: /srv/demo }
hosts:
  web1: { connection: local, groups: [here] }
  gone: { address: 127.0.0.1, port: 1 }
vars:
${vars}  vault: { dir: ${dir}, password: !secret pw }
  files: { dir: ${dir}, text: "one\\n", mode: '0644', password: !secret pw }
${extra}`,
  )
  const base = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    TRUEUP_INVENTORY: inventory,
    TRUEUP_LOCAL_ROOT: dir,
    TRUEUP_CACHE: cache,
  }
  const built = (args: readonly string[]) => [process.execPath, program, ...args]
  return {
    dir,
    inventory,
    run: (args, env = {}) => collect(built(args), { ...base, ...env }),
    runSource: (args) => collect([...source, ...args], base),
    start: (args, onOutput) => collect(built(args), base, onOutput),
    shell: (command) => collect(['bash', '-c', command], { ...base, PROGRAM: built([]).join(' ') }),
  }
}

/** Runs a program to its end. */
const collect = (
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  onOutput?: (text: string, child: Child) => void,
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    let [stdout, stderr] = ['', '']
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (data) => {
      stdout += String(data)
      onOutput?.(stdout, child)
    })
    child.stderr.on('data', (data) => (stderr += String(data)))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
