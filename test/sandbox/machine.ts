// What the machine itself must have before a host can boot. Whatever is changed is said.
import { readFile, writeFile } from 'node:fs/promises'
import { checkout } from './paths.ts'
import { $, SandboxError, say } from './shell.ts'

const PACKAGES = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  dnsmasq: 'dnsmasq-base',
  ip: 'iproute2',
  nsenter: 'util-linux',
  openssl: 'openssl',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
}

const INOTIFY = '/proc/sys/fs/inotify/max_user_instances'
// 128 is the usual default, which about 25 booted hosts use up.
const INSTANCES = 8192

const lacking = async (commands: readonly string[]): Promise<string[]> => {
  const { stdout } = await $`for name in ${commands}; do command -v $name > /dev/null || echo $name; done`
  return stdout.split('\n').filter(Boolean)
}

// The lists may be absent or old on a fresh machine.
const install = async (packages: readonly string[]): Promise<void> => {
  say(`installing ${packages.join(' ')} (apt-get)`)
  const apt = $({ env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  await apt`apt-get -q update && apt-get -qy -o DPkg::Lock::Timeout=120 install --no-install-recommends ${packages}`
}

const prepare = async (): Promise<void> => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new SandboxError('the nspawn driver needs Linux and root: run it with sudo, or in a Debian virtual machine')
  }
  if (/[\s:,\\]/.test(checkout))
    throw new SandboxError(`${checkout}: mounts need a path without spaces, colons and commas`)
  const lacks = await lacking(Object.keys(PACKAGES))
  const missing = Object.entries(PACKAGES).flatMap(([command, name]) => (lacks.includes(command) ? [name] : []))
  if (missing.length) await install([...new Set(missing)])

  if (Number(await readFile(INOTIFY, 'utf8')) < INSTANCES) {
    say(`raising fs.inotify.max_user_instances to ${INSTANCES}`)
    await writeFile(INOTIFY, String(INSTANCES))
  }
}

// The same for as long as this process lives.
let prepared: Promise<void> | undefined
let dump: Promise<string[]> | undefined

/**
 * Installs missing packages and raises the limit that a fleet of hosts would hit.
 * @throws SandboxError on a machine that cannot be a sandbox.
 */
export const prepareMachine = (): Promise<void> => (prepared ??= prepare())

/** What the machine's apt is told under `key`, as `apt-config dump` prints it. */
export const aptSettings = async (key: string): Promise<string[]> => {
  dump ??= $`apt-config dump`.then(({ stdout }) => stdout.split('\n'))
  return (await dump).filter((line) => line.startsWith(`${key} `) && !line.endsWith(' "";'))
}
