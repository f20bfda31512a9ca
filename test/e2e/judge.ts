import { list, SandboxError, ssh, up } from '../sandbox/index.ts'

/** Where a host of the sandbox is. */
export const addressesOf = async (name: string): Promise<{ v4: string; v6: string }> => {
  const v4 = (await list()).find((host) => host.name === name)?.address
  const [, third, index] = /^10\.77\.(\d+)\.(\d+)$/.exec(v4 ?? '') ?? []
  if (v4 === undefined || third === undefined || index === undefined) throw new SandboxError(`${name} is not up`)
  return { v4, v6: `fd77:0:0:${third}::${index}` }
}

/** A command on a host of the sandbox that is to succeed; what it printed. */
export const on = async (name: string, command: string): Promise<string> => {
  const { code, stdout, stderr } = await ssh(name, command, { timeout: 600_000 })
  if (code !== 0) throw new SandboxError(`${name}: ${command.slice(0, 200)} ended with ${code}: ${stderr.slice(-2000)}`)
  return stdout
}

/** A second host with the tools of outsiders: packages of the distribution, fetched through the sandbox's cache. */
export const judge = async (name: string, packages: readonly string[]): Promise<void> => {
  await up([name])
  const install = `apt-get install -yq --no-install-recommends ${packages.join(' ')}`
  await on(
    name,
    `export DEBIAN_FRONTEND=noninteractive; dpkg -s ${packages.join(' ')} >/dev/null 2>&1 || { apt-get update -q && ${install}; }`,
  )
}

/** Addresses of Cloudflare's published ranges; inside the sandbox's own networks only. */
export const EDGE = { v4: '104.16.77.77', v6: '2606:4700:77::77' }

/**
 * Lets a judge speak as Cloudflare's edge, too: it gets the addresses, and the target learns the way back to them, which
 * lasts until it boots again.
 */
export const asCloudflare = async (name: string, target: string): Promise<void> => {
  const { v4, v6 } = await addressesOf(name)
  await on(name, `ip address replace ${EDGE.v4}/32 dev eth0; ip address replace ${EDGE.v6}/128 dev eth0 nodad`)
  await on(target, `ip route replace ${EDGE.v4}/32 via ${v4}; ip -6 route replace ${EDGE.v6}/128 via ${v6}`)
}
