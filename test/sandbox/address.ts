// Which addresses are whose. Pure: what is taken is handed in.
import { SandboxError } from './shell.ts'

/** Addresses of a checkout's bridge. `third` is the third number of its 10.77.0.0/16 subnet. */
export type Subnet = { third: number }

/** The subnet's gateway-like addresses: the apt cache and the first name server, and a second name server. */
export const bridgeAddresses = ({ third }: Subnet) => ({
  v4: `10.77.${third}.1`,
  second: `10.77.${third}.2`,
  v6: `fd77:0:0:${third}::1`,
})

/** A host's addresses. `index` is its number on the bridge. */
export const hostAddresses = ({ third }: Subnet, index: number) => ({
  v4: `10.77.${third}.${index}`,
  v6: `fd77:0:0:${third}::${index}`,
  // Fixed, because the machine remembers a neighbour's hardware address longer than a reset takes.
  mac: [2, 0x77, 0, 0, third, index].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
})

/**
 * A subnet that no address or route of the machine uses, the same for a checkout as long as it is free.
 * @param seed any text, the checkout's tag
 * @param used what the machine uses, as `ip` prints it: addresses and prefixes, of which 10.77.N.* count
 * @throws SandboxError when all 254 are taken
 */
export const freeSubnet = (seed: string, used: readonly string[]): Subnet => {
  const taken = new Set(used.map((text) => Number(/^10\.77\.(\d+)\./.exec(text)?.[1] ?? Number.NaN)))
  const start = [...seed].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 254, 0)
  for (let step = 0; step < 254; step += 1) {
    const third = ((start + step) % 254) + 1
    if (!taken.has(third)) return { third }
  }
  throw new SandboxError('every subnet of 10.77.0.0/16 is in use: remove sandboxes of other checkouts (sandbox down)')
}

/** The lowest free host number, 10 to 250. @throws SandboxError when all are taken. */
export const freeIndex = (taken: readonly number[]): number => {
  for (let index = 10; index <= 250; index += 1) if (!taken.includes(index)) return index
  throw new SandboxError('241 hosts are the most this sandbox can number: take some down')
}
