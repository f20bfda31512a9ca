/** Throwaway hosts: real systemd, sshd and apt on this machine, made and reset within seconds. */
import { currentSubnet, publishNames, startNetwork, stopNetwork } from './network.ts'
import { hostAddresses, type Subnet } from './address.ts'
import { startAptCache, stopAptCache } from './aptcache.ts'
import { ensureBase } from './base.ts'
import { isOn, powerOff, powerOn, waitForSsh } from './boot.ts'
import { blankDisk, emptyTrash, hasDisk, mountRoot, prepareDisks, removeDisk, removeDisks } from './disk.ts'
import { allHosts, checkName, createHost, findHost, getHost, type Host, removeHost, saveHost } from './host.ts'
import { writeIdentity } from './identity.ts'
import { writeInventory } from './inventory.ts'
import { ensureKeys, identityFile } from './keys.ts'
import { locked } from './lock.ts'
import { prepareMachine } from './machine.ts'
import { knownHostsFile } from './paths.ts'
import { type Release, release } from './release.ts'
import { SandboxError } from './shell.ts'

/** How to reach a host. */
export type Entry = {
  name: string
  address: string
  port: number
  user: string
  identityFile: string
  knownHosts: string
}

type Ground = { release: Release; base: string; subnet: Subnet }

/** Machine, mirror, base image and bridge: what every host stands on. To be called with the lock held. */
const prepareGround = async (os?: string): Promise<Ground> => {
  const wanted = await release(os)
  await prepareMachine()
  await startAptCache(wanted.archives)
  const base = await ensureBase(wanted)
  await prepareDisks()
  return { release: wanted, base, subnet: await startNetwork() }
}

const publish = async (subnet: Subnet) => {
  await writeInventory(subnet)
  await publishNames(await allHosts(), subnet)
}

const bootBare = async (host: Host, { release, base, subnet }: Ground) => {
  await powerOff(host)
  await blankDisk(host.name)
  const bare = { ...host, base, layers: [] }
  await saveHost(bare)
  await mountRoot(bare)
  await writeIdentity(bare, release, subnet)
  await powerOn(bare, subnet)
  await waitForSsh(bare, subnet)
}

const bootAgain = async (host: Host, { subnet }: Ground) => {
  await powerOff(host)
  await mountRoot(host)
  await powerOn(host, subnet)
  await waitForSsh(host, subnet)
}

const bring = async (name: string, os: string | undefined): Promise<void> => {
  checkName(name)
  const known = await findHost(name)
  if (known && os && known.os !== os) throw new SandboxError(`${name} runs ${known.os}: take it down first`, 64)
  if (known && (await isOn(name))) return
  const { ground, host } = await locked(async () => {
    const ground = await prepareGround(known?.os ?? os)
    const host = known ?? (await createHost(name, ground.release.codename, ground.base))
    await ensureKeys(name)
    await publish(ground.subnet)
    return { ground, host }
  })
  await (hasDisk(name) ? bootAgain(host, ground) : bootBare(host, ground))
}

/**
 * Boots hosts, bare when they are new; a host that is on stays as it is.
 * @param options.os trixie or bookworm; default: the newest
 * @throws SandboxError saying what to do
 */
export const up = async (names: readonly string[] = ['web1'], { os }: { os?: string } = {}): Promise<Entry[]> => {
  await Promise.all(names.map((name) => bring(name, os)))
  const entries = await list()
  return entries.filter(({ name }) => names.includes(name))
}

/** Makes hosts bare again (default: all). Their keys and addresses stay. */
export const reset = async (names?: readonly string[]): Promise<void> => {
  const hosts = names ? await Promise.all(names.map(getHost)) : await allHosts()
  await Promise.all(
    hosts.map(async (host) => {
      const ground = await locked(() => prepareGround(host.os))
      await bootBare(host, ground)
    }),
  )
  await emptyTrash()
}

/** Removes hosts (default: all) and, with the last one, everything they stood on except the caches. */
export const down = async (names?: readonly string[]): Promise<void> => {
  const hosts = names ? await Promise.all(names.map(getHost)) : await allHosts()
  await Promise.all(
    hosts.map(async (host) => {
      await powerOff(host)
      await removeDisk(host.name)
      await removeHost(host.name)
    }),
  )
  await emptyTrash()
  await locked(async () => {
    const subnet = await currentSubnet()
    if (subnet) await publish(subnet)
    if ((await allHosts()).length > 0) return
    await removeDisks()
    const { othersLive } = await stopNetwork()
    if (!othersLive) await stopAptCache()
  })
}

/** Every host of this checkout. */
export const list = async (): Promise<Entry[]> => {
  const subnet = await currentSubnet()
  if (!subnet) return []
  return (await allHosts()).map(({ name, index }) => ({
    name,
    address: hostAddresses(subnet, index).v4,
    port: 22,
    user: 'root',
    identityFile: identityFile(name),
    knownHosts: knownHostsFile,
  }))
}
