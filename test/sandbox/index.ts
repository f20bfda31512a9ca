/** Throwaway hosts: real systemd, sshd and apt on this machine, made and reset within seconds. */
import pLimit from 'p-limit'
import { hostAddresses } from './address.ts'
import { isOn, powerOff } from './boot.ts'
import { emptyTrash, removeDisk } from './disk.ts'
import { onGround, releaseGround } from './ground.ts'
import { allHosts, checkName, createHost, findHost, getHost, removeHost } from './host.ts'
import { ensureKeys, identityFile } from './keys.ts'
import { bootAgain, bootBare } from './life.ts'
import { locked } from './lock.ts'
import { currentSubnet } from './network.ts'
import { knownHostsFile, machineName } from './paths.ts'
import { SandboxError } from './shell.ts'

export { diffManifest, type Manifest, manifest } from './manifest.ts'
export { inventoryFile } from './paths.ts'
export { SandboxError } from './shell.ts'
export { hasSnapshot, restore, snapshot } from './snapshot.ts'
export { type Result, ssh } from './ssh.ts'

/** How to reach a host, and whether it is on. */
export type Entry = {
  name: string
  address: string
  port: number
  user: string
  identityFile: string
  knownHosts: string
  os: string
  on: boolean
}

// Booting is mostly waiting, but a fleet that boots at once only gets in its own way.
const atOnce = pLimit(4)

/** Does something with each host, a few at once, each under its lock. */
const each = (names: readonly string[], work: (name: string) => Promise<void>) =>
  Promise.all(names.map((name) => atOnce(() => locked(machineName(name), () => work(name)))))

const namesOf = async (names?: readonly string[]) => names ?? (await allHosts()).map(({ name }) => name)

const bring = async (name: string, os?: string): Promise<void> => {
  const known = await findHost(name)
  if (known && os && known.os !== os) throw new SandboxError(`${name} runs ${known.os}: take it down first`, 64)
  if (known && (await isOn(name))) return
  await ensureKeys(name)
  const { ground, host } = await onGround(known?.os ?? os, async (ground) => ({
    ground,
    host: known ?? (await createHost(name, ground.release.codename, ground.base)),
  }))
  await bootAgain(host, ground)
}

/**
 * Boots hosts: bare when they are new, with their disk when they were off. A host that is on stays as it is.
 * @param options.os trixie or bookworm; default: the newest
 * @throws SandboxError saying what to do
 */
export const up = async (names: readonly string[] = ['web1'], { os }: { os?: string } = {}): Promise<Entry[]> => {
  names.forEach(checkName)
  await each(names, (name) => bring(name, os))
  return (await list()).filter(({ name }) => names.includes(name))
}

/** Makes hosts bare again (default: all). Their keys and addresses stay, and so do their snapshots. */
export const reset = async (names?: readonly string[]): Promise<void> => {
  await each(await namesOf(names), async (name) => {
    const host = await getHost(name)
    const ground = await onGround(host.os, async (ground) => ground)
    await bootBare(host, ground)
  })
}

/** Removes hosts (default: all), and with the last one everything they stood on except the caches. */
export const down = async (names?: readonly string[]): Promise<void> => {
  await each(await namesOf(names), async (name) => {
    await powerOff(await getHost(name))
    await removeDisk(name)
    await removeHost(name)
  })
  await emptyTrash()
  await releaseGround()
}

/** Every host of this checkout. */
export const list = async (): Promise<Entry[]> => {
  const subnet = await currentSubnet()
  if (!subnet) return []
  const entry = async ({ name, index, os }: { name: string; index: number; os: string }): Promise<Entry> => ({
    name,
    address: hostAddresses(subnet, index).v4,
    port: 22,
    user: 'root',
    identityFile: identityFile(name),
    knownHosts: knownHostsFile,
    os,
    on: await isOn(name),
  })
  return Promise.all((await allHosts()).map(entry))
}
