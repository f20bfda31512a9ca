import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import * as z from 'zod'
import { bundle } from '../bin/build.ts'
import type { Place } from './hosts.ts'

export type { Place } from './hosts.ts'

/** One way to bring the server about, or to see whether it is as wanted. */
export interface Tool {
  readonly name: string
  /** What it can do of the benchmark's work. */
  readonly works: readonly string[]
  /** So slow that fewer runs must do. */
  readonly slow?: boolean
  run(places: readonly Place[]): Promise<{ readonly ms: number; readonly trips?: number; readonly note?: string }>
}

export const toolNames = ['script', 'bootstrap', 'trueup', 'ansible', 'mitogen'] as const

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const MITOGEN = '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy'

/** The most memory that a process has had so far, in MB (proc_pid_status(5), VmHWM). */
const memoryOf = (pid: number | undefined): number | undefined => {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024)
  } catch {
    return undefined
  }
}

/** Runs a program to its end, with a look at its memory now and then. @throws Error where it does not end with 0 */
const timed = (
  program: string,
  args: readonly string[],
  { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ ms: number; stdout: string; peak: number }> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    let [stdout, stderr, peak] = ['', '', 0]
    const look = setInterval(() => (peak = memoryOf(child.pid) ?? peak), 100).unref()
    child.stdout.on('data', (data) => (stdout += String(data)))
    child.stderr.on('data', (data) => (stderr += String(data)))
    child.once('error', reject)
    child.once('close', (code) => {
      const ms = performance.now() - began
      clearInterval(look)
      if (code === 0) resolve({ ms, stdout, peak })
      else reject(new Error(`${program} ended with ${code}: ${`${stdout}\n${stderr}`.trim().slice(-20_000)}`))
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })

const sshFlags = ({ identityFile, port }: Place): string[] => [
  ...['-F', 'none', '-i', identityFile, '-p', String(port)],
  ...['IdentitiesOnly=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'].flatMap(
    (option) => ['-o', option],
  ),
]

const overSsh = (place: Place, command: string, input = '') =>
  timed('ssh', [...sshFlags(place), `root@${place.address}`, command], { input })

/** The same on every host at once; as long as the slowest takes. */
const everywhere = async (
  places: readonly Place[],
  one: (place: Place) => Promise<unknown>,
): Promise<{ ms: number }> => {
  const began = performance.now()
  await Promise.all(places.map(one))
  return { ms: performance.now() - began }
}

const Summary = z.object({
  event: z.literal('summary'),
  hosts: z.record(z.string(), z.object({ trips: z.number(), changed: z.number(), ok: z.number() })),
})

/** Makes what the tools need. What is not there is left out, and said to be. */
export const prepare = async (wanted: readonly string[], more: number) => {
  for (const name of wanted)
    if (!toolNames.some((known) => known === name)) throw new Error(`${name} is none of ${toolNames.join(', ')}`)
  const folder = mkdtempSync(join(tmpdir(), 'trueup-bench-'))
  const file = (name: string): string => join(folder, name)
  const certificate = ['-newkey', 'rsa:2048', '-nodes', '-days', '3650', '-subj', '/CN=moja-dzialka.pl']
  const files = ['-keyout', file('origin.key'), '-out', file('origin.pem')]
  execFileSync('openssl', ['req', '-x509', ...certificate, ...files], { stdio: 'ignore' })
  const told: Record<string, string> = {}
  const tools: Tool[] = []

  if (wanted.includes('script')) {
    told['script'] = `script.sh by ${execFileSync('sh', ['-c', 'ssh -V 2>&1']).toString().trim()}`
    const checks = readFileSync(here('script.sh'), 'utf8')
    tools.push({
      name: 'script',
      works: ['converged'],
      run: (places) => everywhere(places, (place) => overSsh(place, 'sh -s', checks)),
    })
  }
  if (wanted.includes('bootstrap')) {
    told['bootstrap'] = 'bootstrap.sh by the same ssh'
    const script = readFileSync(here('bootstrap.sh'), 'utf8')
    tools.push({
      name: 'bootstrap',
      works: ['bootstrap'],
      run: async (places) => {
        for (const place of places) {
          const flags = sshFlags({ ...place }).map((flag) => (flag === '-p' ? '-P' : flag))
          const from = [here('ansible/templates'), file('origin.key'), file('origin.pem')]
          await overSsh(place, 'mkdir -p /tmp/bench')
          await timed('scp', [...flags, '-r', ...from, `root@${place.address}:/tmp/bench`])
        }
        return await everywhere(places, (place) => overSsh(place, 'bash -s', script))
      },
    })
  }
  if (wanted.includes('trueup')) {
    await bundle('bench/trueup.ts', folder)
    told['trueup'] = `bench/roles.ts, built; Node ${process.version}`
    tools.push({
      name: 'trueup',
      works: ['bootstrap', 'converged', 'drift'],
      run: (places) => ours(folder, places, more),
    })
  }
  const peers = wanted.filter((name) => name === 'ansible' || name === 'mitogen')
  if (peers.length > 0) installed(told)
  for (const name of peers) {
    if (told[name]?.startsWith('absent')) continue
    tools.push({
      name,
      // A bare server has no Python for its modules.
      works: ['converged', 'drift'],
      slow: true,
      run: (places) => playbook(folder, name === 'mitogen', places),
    })
  }
  return { tools, told, end: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })) }
}

/** The peers come from the system's packages; where they cannot be had, that is what is said. */
const installed = (told: Record<string, string>): void => {
  if (!existsSync('/usr/bin/ansible-playbook') || !existsSync(MITOGEN)) {
    console.error('Installing ansible and ansible-mitogen')
    try {
      execFileSync('apt-get', ['install', '-yq', 'ansible', 'ansible-mitogen'], { stdio: ['ignore', 2, 2] })
    } catch {
      console.error('they cannot be installed here')
    }
  }
  const there = existsSync('/usr/bin/ansible-playbook')
  const version = there ? execFileSync('ansible', ['--version']).toString().split('\n')[0] : undefined
  told['ansible'] =
    version === undefined ? 'absent: the package cannot be had here' : `${version}, pipelining, ControlPersist`
  const package_ = ['-W', '-f', '${Version}', 'ansible-mitogen']
  told['mitogen'] =
    there && existsSync(MITOGEN)
      ? `ansible-mitogen ${execFileSync('dpkg-query', package_).toString()}, strategy mitogen_linear`
      : 'absent: the package cannot be had here'
}

const ours = async (folder: string, places: readonly Place[], more: number) => {
  const inventory = join(folder, 'inventory.yml')
  const hosts = places.map(({ name, address, port, identityFile, hostKey }) => [
    name,
    { address, port, identityFile, hostKey },
  ])
  const vars = { server: { templates: here('ansible/templates'), certificate: join(folder, 'origin.pem'), more } }
  const site = { domain: 'moja-dzialka.pl', project: 'moja-dzialka', dir: '/root/moja-dzialka' }
  const text = stringify({ site, hosts: Object.fromEntries(hosts), vars })
  writeFileSync(inventory, text.replace(/^( +)certificate: .*$/m, '$&\n$1key: !secret key'))
  const env = {
    TRUEUP_SECRET_KEY: readFileSync(join(folder, 'origin.key'), 'utf8'),
    TRUEUP_CACHE: join(folder, 'cache'),
  }
  const args = [join(folder, 'run.js'), '-i', inventory, '--role', 'server', '--json', '--forks', '50']
  const { ms, stdout, peak } = await timed(process.execPath, args, { env })
  const { hosts: did } = Summary.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
  const all = Object.values(did)
  const changed = all.reduce((sum, host) => sum + host.changed, 0)
  const tasks = Math.max(...all.map((host) => host.ok + host.changed))
  return {
    ms,
    trips: Math.max(...all.map(({ trips }) => trips)),
    note: `${tasks} tasks, ${changed} changed, ${peak} MB`,
  }
}

const playbook = async (folder: string, mitogen: boolean, places: readonly Place[]) => {
  const inventory = join(folder, 'hosts.ini')
  const lines = places.map(
    ({ name, address, port, identityFile }) =>
      `${name} ansible_host=${address} ansible_port=${port} ansible_user=root ansible_ssh_private_key_file=${identityFile} ansible_python_interpreter=/usr/bin/python3`,
  )
  writeFileSync(inventory, lines.map((line) => `${line}\n`).join(''))
  // Nobody's own settings.
  const config = join(folder, 'ansible.cfg')
  writeFileSync(config, '[defaults]\n')
  const options = '-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR'
  const env = {
    ANSIBLE_CONFIG: config,
    ANSIBLE_HOST_KEY_CHECKING: 'False',
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_FORKS: '50',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_SSH_ARGS: `${options} -o ControlMaster=auto -o ControlPersist=60s`,
    ...(mitogen && { ANSIBLE_STRATEGY: 'mitogen_linear', ANSIBLE_STRATEGY_PLUGINS: MITOGEN }),
  }
  const args = ['-i', inventory, '-e', `certificate=${folder}`, here('ansible/site.yml')]
  const { ms, stdout } = await timed('ansible-playbook', args, { env })
  const changed = [...stdout.matchAll(/changed=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
  return { ms, note: `${changed} changed` }
}
