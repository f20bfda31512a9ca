// Debian's docker-registry: one for each checkout, on its bridge, over images that all checkouts share.
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { bridgeAddresses } from '../address.ts'
import { endGroup, running, startInGroup } from '../group.ts'
import { currentSubnet } from '../network.ts'
import { cache, disks, tag } from '../paths.ts'
import { $, SandboxError } from '../shell.ts'
import { unpacked } from '../tools.ts'
import { authority, serverFiles } from './authority.ts'
import type { Registry } from './client.ts'

const GROUP = `${tag}.registry`
// With the hosts' disks: what is pushed to a checkout's registry, or broken in it, goes with its last host.
const own = `${disks}/registry`

const config = (storage: string, addr: string, tls: string) => `# Written by the sandbox.
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: ${storage} }
  delete: { enabled: true }
http: { addr: '${addr}'${tls} }
`

const answers = (host: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port }, () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

const start = async (group: string, dir: string, addr: [host: string, port: number], command: string[]) => {
  await endGroup(group)
  await startInGroup(group, [
    'sh',
    '-c',
    'log=$1; shift; setsid "$@" > "$log" 2>&1 < /dev/null &',
    'sh',
    `${dir}/log`,
    ...command,
  ])
  for (let waited = 0; !(await answers(...addr)); waited += 1) {
    if (waited === 200) throw new SandboxError(`the registry does not answer on ${addr.join(':')}: see ${dir}/log`)
    await sleep(50)
  }
}

const binary = () => unpacked('docker-registry', 'usr/bin/docker-registry')

/**
 * Lets `fill` push to an empty registry that keeps its content in `storage`; it listens on the loopback for as long.
 * To be called with the lock `images` held.
 */
export const filling = async (storage: string, fill: (registry: Registry) => Promise<void>): Promise<void> => {
  const [group, dir, port] = ['trueup-sandbox-fill', `${cache}/registry`, 3178]
  await writeFile(`${dir}/fill.yml`, config(storage, `127.0.0.1:${port}`, ''))
  await start(group, dir, ['127.0.0.1', port], [await binary(), 'serve', `${dir}/fill.yml`])
  try {
    await fill({ url: `http://127.0.0.1:${port}` })
  } finally {
    await endGroup(group)
  }
}

/**
 * The checkout's registry on the bridge, as a client reaches it.
 * @throws SandboxError when there is no bridge
 */
export const checkoutRegistry = async (): Promise<Registry> => {
  const subnet = await currentSubnet()
  if (!subnet) throw new SandboxError('the registry is for hosts of the sandbox, and none is up: npm run sandbox -- up')
  return { url: `https://${bridgeAddresses(subnet).v4}`, ca: await authority() }
}

/**
 * Starts the checkout's registry over the images in `storage`, unless it runs. What was pushed to it stays over a stop.
 * To be called with the lock `ground` held.
 */
export const serve = async (storage: string): Promise<void> => {
  if (await running(GROUP)) return
  const { url } = await checkoutRegistry()
  const host = new URL(url).hostname
  await $`mkdir -p ${own}/upper ${own}/work ${own}/root`
  const tls = `, tls: { certificate: ${serverFiles.certificate}, key: ${serverFiles.key} }`
  await writeFile(`${own}/config.yml`, config(`${own}/root`, `${host}:443`, tls))
  const layers = `lowerdir=${storage},upperdir=${own}/upper,workdir=${own}/work`
  // A mount of its own, in a namespace that ends with it.
  const mounted = 'mount -t overlay -o "$1" trueup-sandbox "$2"; shift 2; exec "$@"'
  const command = ['unshare', '--mount', 'sh', '-ec', mounted, 'sh', layers, `${own}/root`]
  await start(GROUP, own, [host, 443], [...command, await binary(), 'serve', `${own}/config.yml`])
}

/** Ends the checkout's registry: pulls are refused until it is started again. */
export const stopRegistry = (): Promise<void> => endGroup(GROUP)
