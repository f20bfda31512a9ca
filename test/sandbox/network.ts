// One bridge per checkout, which leads nowhere: hosts reach each other, the apt cache and a name server, and no more.
import { writeFile } from 'node:fs/promises'
import { bridgeAddresses, freeSubnet, hostAddresses, type Subnet } from './address.ts'
import { endGroup, members, running, startInGroup } from './group.ts'
import { anyTag, machineName, state, tag } from './paths.ts'
import { $ } from './shell.ts'

const DNS = `${tag}.dns`
const namesFile = `${state}/names`

/** The machine's end of a host's cable. */
export const linkName = (index: number) => `${tag}-v${index}`

/** What `ip -batch` makes at each boot of a host: its namespace, a cable to the bridge, addresses, no default route. */
export const hostNetwork = (name: string, index: number, subnet: Subnet): { outside: string; inside: string } => {
  const [space, link] = [machineName(name), linkName(index)]
  const { v4, v6, mac } = hostAddresses(subnet, index)
  return {
    outside: `netns add ${space}
link add ${link} type veth peer name eth0 address ${mac} netns ${space}
link set ${link} master ${tag} up
`,
    inside: `link set lo up
link set eth0 up
address add ${v4}/24 dev eth0
address add ${v6}/64 dev eth0 nodad
`,
  }
}

/** Removes a host's namespace and cable, where there are any. */
export const removeHostNetwork = async (name: string, index: number): Promise<void> => {
  await $`ip link delete ${linkName(index)}`.nothrow()
  await $`ip netns delete ${machineName(name)}`.nothrow()
}

/** Removes network namespaces by name. */
export const removeSpaces = async (wanted: (name: string) => boolean): Promise<void> => {
  const { stdout } = await $`ip netns list`
  const names = stdout.split('\n').map((line) => line.split(' ')[0] ?? '')
  for (const name of names.filter(wanted)) await $`ip netns delete ${name}`.nothrow()
}

/** The bridge's subnet, if it is up. */
export const currentSubnet = async (): Promise<Subnet | undefined> => {
  const { stdout } = await $`ip -4 -oneline address show dev ${tag}`.nothrow()
  const third = /10\.77\.(\d+)\.1\//.exec(stdout)?.[1]
  return third ? { third: Number(third) } : undefined
}

const createBridge = async (): Promise<Subnet> => {
  const addresses = await $`ip -4 -oneline address show | awk '{ print $4 }'`
  const routes = await $`ip -4 route show | awk '{ print $1 }'`
  const subnet = freeSubnet(tag, `${addresses.stdout}\n${routes.stdout}`.split('\n'))
  const { v4, second, v6 } = bridgeAddresses(subnet)
  await $`ip link delete ${tag}`.nothrow()
  const batch = `link add ${tag} type bridge
address add ${v4}/24 dev ${tag}
address add ${second}/24 dev ${tag}
address add ${v6}/64 dev ${tag} nodad
link set ${tag} up
`
  await $({ input: batch })`ip -batch -`
  return subnet
}

const startNameServer = async (subnet: Subnet): Promise<void> => {
  await endGroup(DNS)
  await writeFile(namesFile, '')
  await startInGroup(DNS, [
    ...['dnsmasq', '--conf-file=/dev/null', '--user=root', '--no-resolv', '--no-hosts', `--addn-hosts=${namesFile}`],
    ...['--bind-interfaces', '--except-interface=lo', '--pid-file', '--cache-size=0'],
    ...Object.values(bridgeAddresses(subnet)).map((address) => `--listen-address=${address}`),
  ])
}

/** Makes sure that bridge and name server are up. To be called with the lock held. */
export const startNetwork = async (): Promise<Subnet> => {
  const subnet = (await currentSubnet()) ?? (await createBridge())
  if (!(await running(DNS))) await startNameServer(subnet)
  return subnet
}

/** Removes bridge and name server; says whether any checkout of this machine still has a bridge. */
export const stopNetwork = async (): Promise<{ othersLive: boolean }> => {
  await endGroup(DNS)
  await $`ip link delete ${tag}`.nothrow()
  const { stdout } = await $`ip -oneline link show type bridge`.nothrow()
  const names = [...stdout.matchAll(/^\d+: ([^:@\s]+)/gm)].map((match) => match[1] ?? '')
  return { othersLive: names.some((name) => anyTag.test(name)) }
}

/** Tells the name server which hosts there are. */
export const publishNames = async (
  hosts: readonly { name: string; index: number }[],
  subnet: Subnet,
): Promise<void> => {
  const lines = hosts.flatMap(({ name, index }) => {
    const { v4, v6 } = hostAddresses(subnet, index)
    return [`${v4} ${name}\n`, `${v6} ${name}\n`]
  })
  await writeFile(namesFile, lines.join(''))
  for (const pid of await members(DNS, '.')) process.kill(pid, 'SIGHUP')
}
