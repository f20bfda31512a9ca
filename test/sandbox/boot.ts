// Starting and ending the machine that a host is.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ProcessOutput } from 'zx/core'
import { hostAddresses, type Subnet } from './address.ts'
import { binds, rootDir } from './disk.ts'
import { endGroup, groupDir, members, running } from './group.ts'
import type { Host } from './host.ts'
import { hostDir, machineName } from './paths.ts'
import { hostNetwork, linkName, removeHostNetwork } from './network.ts'
import { $, SandboxError } from './shell.ts'

const supervisor = fileURLToPath(new URL('supervise.sh', import.meta.url))
const INIT = 'machine/payload/init.scope'

const nspawn = (name: string): string[] => [
  ...['systemd-nspawn', '--quiet', '--boot', '--register=no', '--keep-unit', '--console=pipe', '-D', rootDir(name)],
  ...[
    `--machine=${machineName(name)}`,
    `--hostname=${name}`,
    `--network-namespace-path=/run/netns/${machineName(name)}`,
  ],
  // The host's own files decide about these, not the machine's.
  ...['--resolv-conf=off', '--timezone=off', '--link-journal=no'],
  // Docker inside needs what a full machine has.
  ...['--capability=all', '--private-users=no', '--system-call-filter=add_key keyctl bpf', ...binds(name)],
]

/** Whether the host is on and in good hands: what outlived its supervisor is a leftover. */
export const isOn = async (name: string): Promise<boolean> => (await members(machineName(name), 'loop')).length > 0

// The process id, on this machine, of the host’s PID 1.
const initPid = async (name: string): Promise<number> => {
  const [pid] = await members(machineName(name), INIT)
  if (pid === undefined) throw new SandboxError(`${name} is off: npm run sandbox -- up ${name}`)
  return pid
}

/**
 * Runs a command inside the host without logging in, so that looking leaves no trace; failing is a result.
 * @throws SandboxError when the host is off
 */
export const inside = async (name: string, command: readonly string[]): Promise<ProcessOutput> => {
  const pid = await initPid(name)
  return $`nsenter -t ${pid} -m -u -i -n -p -- ${command}`.nothrow()
}

/** Starts the host and returns at once; its disk must be mounted. */
export const powerOn = async (host: Host, subnet: Subnet): Promise<void> => {
  const network = `${hostDir(host.name)}/network`
  const { outside, inside } = hostNetwork(host.name, host.index, subnet)
  await writeFile(`${network}.outside`, outside)
  await writeFile(`${network}.inside`, inside)
  const log = openSync(`${hostDir(host.name)}/console.log`, 'w')
  const place = [groupDir(machineName(host.name)), machineName(host.name), linkName(host.index), network]
  const child = spawn('/bin/sh', [supervisor, ...place, ...nspawn(host.name)], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1', SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1' },
  })
  closeSync(log)
  child.unref()
}

/** Cuts the power: whatever lives of the host dies at once. Also clears what a crash left. */
export const powerOff = async ({ name, index }: Host): Promise<void> => {
  await endGroup(machineName(name))
  await removeHostNetwork(name, index)
}

/** Shuts the host down in good order, so that databases and the like close their files. */
export const shutDown = async (host: Host): Promise<void> => {
  const [nspawnPid] = await members(machineName(host.name), 'machine/supervisor')
  if (nspawnPid !== undefined) process.kill(nspawnPid, 'SIGTERM')
  for (let waited = 0; waited < 900 && (await running(machineName(host.name))); waited += 1) await sleep(100)
  await powerOff(host)
}

const answers = (address: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 500 })
    const end = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('data', (data) => end(data.toString().startsWith('SSH-')))
    socket
      .once('timeout', () => end(false))
      .once('error', () => end(false))
      .once('close', () => end(false))
  })

const lastWords = async (name: string) => {
  const console = await readFile(`${hostDir(name)}/console.log`, 'utf8').catch(() => '')
  return console.trim().split('\n').slice(-5).join('\n')
}

/**
 * Waits until sshd greets and the boot is over.
 * @param seconds patience
 * @throws SandboxError with the console's last lines
 */
export const waitUntilReady = async ({ name, index }: Host, subnet: Subnet, seconds = 60): Promise<void> => {
  const address = hostAddresses(subnet, index).v4
  const start = Date.now()
  while (!(await answers(address))) {
    const waited = (Date.now() - start) / 1000
    const died = waited > 5 && !(await isOn(name))
    if (died || waited > seconds) {
      const what = died ? 'went off while booting' : `did not answer on ${address}:22 within ${seconds} s`
      throw new SandboxError(`${name} ${what}:\n${await lastWords(name)}`)
    }
    await sleep(25)
  }
  // Exit code 1 means "degraded": a failed unit may be just what a test is about.
  await inside(name, ['systemctl', 'is-system-running', '--wait', '--quiet'])
}
