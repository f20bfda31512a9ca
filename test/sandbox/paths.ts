// Where the sandbox keeps things. What is costly to make is shared by every checkout of the machine (the cache);
// what belongs to hosts stays in the checkout, and every name the kernel sees carries the checkout's tag.
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The checkout this sandbox belongs to. */
export const checkout = realpathSync(fileURLToPath(new URL('../..', import.meta.url)))

/** `tu` and six hex digits: the bridge's name and the prefix of every other name. */
export const tag = `tu${createHash('sha256').update(checkout).digest('hex').slice(0, 6)}`

/** Matches the tag of any checkout. */
export const anyTag = /^tu[0-9a-f]{6}$/

/** Base images and the apt cache: survives `down`, shared by checkouts. */
export const cache = process.env['TRUEUP_SANDBOX_CACHE'] ?? '/var/cache/trueup-sandbox'

export const state = `${checkout}/.sandbox`
export const inventoryFile = `${state}/inventory.yml`
export const knownHostsFile = `${state}/known_hosts`
/** Disks of hosts: a file system of its own, see disk.ts. */
export const disks = `${state}/disk`

/** Records, keys and log of one host. */
export const hostDir = (name: string) => `${state}/hosts/${name}`
/** The machine-wide name of a host's network namespace and control group. */
export const machineName = (name: string) => `${tag}-${name}`
