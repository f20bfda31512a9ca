// What all hosts stand on: machine, mirror, base image, bridge. Made by the first host, taken away with the last.
import type { Subnet } from './address.ts'
import { startAptCache, stopAptCache } from './aptcache.ts'
import { ensureBase } from './base.ts'
import { prepareDisks, removeDisks } from './disk.ts'
import { endGroup, groups } from './group.ts'
import { allHosts, type Host } from './host.ts'
import { writeInventory } from './inventory.ts'
import { locked } from './lock.ts'
import { prepareMachine } from './machine.ts'
import { currentSubnet, publishNames, removeSpaces, startNetwork, stopNetwork } from './network.ts'
import { machineName, tag } from './paths.ts'
import { ensureAuthority } from './registry/authority.ts'
import { stopRegistry } from './registry/server.ts'
import { type Release, release } from './release.ts'

/** Where a host of one release stands. */
export type Ground = { release: Release; base: string; subnet: Subnet }

// Only hosts have a record; whatever else carries this checkout's tag is what a crash or a deleted folder left.
const sweep = async (hosts: readonly Host[]): Promise<void> => {
  const known = hosts.map(({ name }) => machineName(name))
  for (const name of await groups(`${tag}-`)) if (!known.includes(name)) await endGroup(name)
  await removeSpaces((name) => name.startsWith(`${tag}-`) && !known.includes(name))
}

const publish = async (subnet: Subnet): Promise<void> => {
  await writeInventory(subnet)
  await publishNames(await allHosts(), subnet)
}

/**
 * Prepares the ground for a release, lets `settle` make or change host records on it, and tells inventory and name
 * server about the result; nobody else on this machine does so meanwhile.
 */
export const onGround = <T>(os: string | undefined, settle: (ground: Ground) => Promise<T>): Promise<T> =>
  locked('ground', async () => {
    await prepareMachine()
    const wanted = await release(os)
    await startAptCache(wanted.archives)
    const base = await ensureBase(wanted)
    await prepareDisks()
    await ensureAuthority()
    await sweep(await allHosts())
    const ground = { release: wanted, base, subnet: await startNetwork() }
    const result = await settle(ground)
    await publish(ground.subnet)
    return result
  })

/** To be called when hosts were removed: republishes, and takes everything but the caches away with the last one. */
export const releaseGround = (): Promise<void> =>
  locked('ground', async () => {
    const hosts = await allHosts()
    const subnet = await currentSubnet()
    if (subnet) await publish(subnet)
    await sweep(hosts)
    if (hosts.length > 0) return
    await stopRegistry()
    await removeDisks()
    const { othersLive } = await stopNetwork()
    if (!othersLive) await stopAptCache()
  })
