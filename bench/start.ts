/**
 * How long a start takes, beside Node's own: in turn, so that whatever else the machine does is in all of them.
 *
 *     npm run build && npx tsx bench/start.ts [RUNS]
 *
 * `first byte` is from exec to the first byte of SSH that arrives at a host; what is behind it is the host's time.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nobody } from '../bin/nobody.ts'
import { machine } from './machine.ts'
import { median, quartiles } from './statistics.ts'

const program = fileURLToPath(new URL('../dist/run.js', import.meta.url))
const runs = Number(process.argv[2] ?? 21)
const folder = mkdtempSync(join(tmpdir(), 'trueup-start-'))
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] }

const start = (args: readonly string[]): ChildProcess => spawn(process.execPath, args, { env, stdio: 'ignore' })

/** Milliseconds until a program has ended. */
const whole = async (...args: readonly string[]): Promise<number> => {
  const began = performance.now()
  const [code] = await once(start(args), 'close')
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
  return performance.now() - began
}

/** Milliseconds until a program has said something to a host. */
const firstByte = async (...args: readonly string[]): Promise<number> => {
  const host = createServer()
  host.listen(0, '127.0.0.1')
  await once(host, 'listening')
  const inventory = join(folder, 'inventory.yml')
  writeFileSync(inventory, nobody((host.address() as AddressInfo).port))
  const began = performance.now()
  const child = start([...args, '-i', inventory])
  try {
    return await new Promise((resolve, reject) => {
      child.once('close', (code) => reject(new Error(`${args.join(' ')} ended with ${code} and has not connected`)))
      host.once('connection', (socket) => {
        socket.on('error', () => {})
        socket.once('data', () => resolve(performance.now() - began))
      })
    })
  } finally {
    child.kill('SIGKILL')
    host.close()
  }
}

const CASES: Readonly<Record<string, () => Promise<number>>> = {
  'node -e 0': () => whole('-e', '0'),
  'dist/run.js --list-roles': () => whole(program, '--list-roles'),
  'dist/run.js --role all, first byte': () => firstByte(program, '--role', 'all'),
}

try {
  const times = new Map(Object.keys(CASES).map((name) => [name, [] as number[]]))
  for (const measure of Object.values(CASES)) await measure()
  for (let run = 0; run < runs; run += 1)
    for (const [name, measure] of Object.entries(CASES)) times.get(name)?.push(await measure())
  console.log(`${machine()}; medians of ${runs} runs in turn, milliseconds (and where half of them lie)`)
  const base = median(times.get('node -e 0') ?? [])
  for (const [name, all] of times) {
    const [low, high] = quartiles(all)
    const figures = [median(all), low, high].map((value) => value.toFixed(0))
    console.log(`${name.padEnd(36)} ${figures[0]} (${figures[1]}-${figures[2]})  ${(median(all) / base).toFixed(2)} ×`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
