import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { bundle } from '../../../bin/build.ts'
import { rootDir } from '../../sandbox/disk.ts'
import { inventoryFile } from '../../sandbox/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'trueup-lockout-'))
// As it is built it starts several times faster.
beforeAll(() => bundle('test/e2e/lockout/run.ts', folder))
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const Inventory = z.looseObject({ hosts: z.record(z.string(), z.looseObject({})) })
let files = 0

/** The sandbox's inventory with this one host, as a test wants it, and variables for the test's roles. */
const inventory = (name: string, host: object, vars: object): string => {
  const { hosts, ...rest } = Inventory.parse(parse(readFileSync(inventoryFile, 'utf8')))
  const file = join(folder, `${(files += 1)}.yml`)
  writeFileSync(file, stringify({ ...rest, hosts: { [name]: { ...hosts[name], connectTimeout: 3, ...host } }, vars }))
  return file
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts a run that can be killed. */
export const begin = (name: string, role: string, { host = {}, vars = {}, more = [] as readonly string[] } = {}) => {
  const args = [join(folder, 'run.js'), '--role', role, '--json', ...more]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TRUEUP_INVENTORY: inventory(name, host, vars) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (stderr += String(data)))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      running.delete(child)
      resolve({ code, stdout, stderr })
    })
  })
  return { pid: child.pid, ended, kill: () => child.kill('SIGKILL') }
}

/** A run to its end. */
export const run = (...args: Parameters<typeof begin>): Promise<Ended> => begin(...args).ended

/** Waits for a file on the host's disk, by no connection. */
export const appears = (name: string, path: string) =>
  vi.waitFor(() => expect(existsSync(rootDir(name) + path), path).toBe(true), { timeout: 120_000, interval: 20 })
