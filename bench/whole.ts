/**
 * Every role of this project on one host that is as wanted, and in turn with it the bare questions of such a run, put by
 * hand: what the host takes to answer, and what we add to that.
 *
 *     npm run build && npx tsx bench/whole.ts [RUNS]
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { loadInventory } from '../inventory/load.ts'
import { checkVars, resolveHosts } from '../inventory/vars.ts'
import { assign, knownRoles } from '../lib/cli/roles.ts'
import { probesIn } from '../lib/language/plan.ts'
import { prelude } from '../lib/language/prelude.ts'
import { compose } from '../lib/runner/compose.ts'
import { question } from '../lib/runner/facts.ts'
import { spell } from '../lib/session/compose.ts'
import { openSession } from '../lib/session/open.ts'
import { roles } from '../roles/index.ts'
import { appRepository } from '../test/sandbox/application.ts'
import * as sandbox from '../test/sandbox/index.ts'
import { images } from '../test/sandbox/registry/index.ts'
import { machine } from './machine.ts'
import { median } from './statistics.ts'

const HOST = 'bench-all'
const runs = Number(process.argv[2] ?? 9)
const program = fileURLToPath(new URL('../dist/run.js', import.meta.url))

/** Runs it to its end; what it complains of is shown. */
const run = (command: string, args: readonly string[], input = ''): number => {
  const began = performance.now()
  execFileSync(command, args, { input, stdio: ['pipe', 'ignore', 2], maxBuffer: 2 ** 26 })
  return performance.now() - began
}

const ours = (): number =>
  run(process.execPath, [program, '-i', sandbox.inventoryFile, '--limit', HOST, '--role', 'all'])

/** All that a run asks of the host, each question in a subshell of its own. */
const questions = async (): Promise<string> => {
  const inventory = loadInventory(sandbox.inventoryFile, { env: process.env })
  const [host] = await resolveHosts(inventory, [HOST])
  if (host === undefined) throw new Error(`${HOST} is not in ${sandbox.inventoryFile}`)
  const vars = await checkVars(inventory, [HOST], roles, knownRoles(roles))
  const session = openSession(host, { prelude })
  const items = compose(assign(roles, vars.get(HOST)), host.site, await session.hello())
  await session.close()
  const { commands } = question(probesIn(items))
  return `${prelude}\ncd /\n${commands.map((command) => `(${spell(command)}\n) < /dev/null`).join('\n')}\n`
}

try {
  const [entry] = await sandbox.up([HOST])
  if (entry === undefined) throw new Error(`${HOST} did not come up`)
  await images()
  await appRepository(HOST)
  console.log(`to begin with: ${(ours() / 1000).toFixed(1)} s`)
  const script = await questions()
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR']
  const ssh = ['-F', 'none', '-i', entry.identityFile, ...options.flatMap((option) => ['-o', option])]
  const cases: Readonly<Record<string, () => number>> = {
    'the questions, by ssh and bash': () => run('ssh', [...ssh, `root@${entry.address}`, 'bash -s'], script),
    'trueup --role all': ours,
  }
  const times = Object.values(cases).map((): number[] => [])
  for (let turn = 0; turn < runs; turn += 1)
    for (const [index, measure] of Object.values(cases).entries()) times[index]?.push(measure())
  const base = median(times[0] ?? [])
  console.log(`${machine()}; medians of ${runs} runs in turn`)
  for (const [index, name] of Object.keys(cases).entries()) {
    const ms = median(times[index] ?? [])
    console.log(`${name.padEnd(32)} ${(ms / 1000).toFixed(2)} s  ${(ms / base).toFixed(2)} ×`)
  }
} finally {
  await sandbox.down([HOST])
}
