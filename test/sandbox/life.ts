// The ways a host comes to life. To be called with the host's lock held.
import { powerOff, powerOn, waitUntilReady } from './boot.ts'
import { blankDisk, emptyTrash, hasDisk, mountRoot } from './disk.ts'
import type { Ground } from './ground.ts'
import { type Host, saveHost } from './host.ts'
import { writeIdentity } from './identity.ts'

const boot = async (host: Host, { subnet }: Ground): Promise<void> => {
  await mountRoot(host)
  await powerOn(host, subnet)
  await waitUntilReady(host, subnet)
}

/** Boots the host with nothing on it but the base image and its own keys. */
export const bootBare = async (host: Host, ground: Ground): Promise<void> => {
  await powerOff(host)
  await blankDisk(host.name)
  const bare = { ...host, base: ground.base, layers: [] }
  await saveHost(bare)
  await mountRoot(bare)
  await writeIdentity(bare, ground.release, ground.subnet)
  await Promise.all([boot(bare, ground), emptyTrash()])
}

/** Boots the host as it is, with its disk; bare when it has none. Clears what a crash left of it. */
export const bootAgain = async (host: Host, ground: Ground): Promise<void> => {
  if (!hasDisk(host.name)) return bootBare(host, ground)
  await powerOff(host)
  await boot(host, ground)
}
