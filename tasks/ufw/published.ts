import { all, blob, type Claim, type Probe, sh, type Sh, type State, type Task, task } from '../../lib/index.ts'
import { withBlock } from '../block.ts'
import { address, type IpVersion } from './address.ts'
import { REBUILD } from './rebuild.ts'
import { interfaceName, portList } from './rule.ts'
import { settingsInWords } from './words.ts'

/** Our chain, which DOCKER-USER asks. */
export const CHAIN = 'trueup-published'

/** The lines around our block in after.rules and after6.rules. */
export const MARKERS = { begin: '# BEGIN trueup published', end: '# END trueup published' }

/** Our block as it is stored, in the file of one family. */
export interface PublishedState extends State {
  enabled: boolean
  block: string | null
}

/** A published port that may be reached from outside. */
export interface Opening {
  /** The port of the host (not the container's), or a range. */
  readonly port: number | string
  /** `tcp` unless given. */
  readonly proto?: 'tcp' | 'udp'
  /** A range or address; anywhere in both families unless given. */
  readonly from?: string
}

export interface PublishedOptions {
  /** The bridges of containers, in iptables' words: `br-+` is every bridge whose name begins with `br-`. */
  readonly bridges: readonly string[]
  /** What may be reached all the same; `anywhere` is all of them. */
  readonly open: 'anywhere' | readonly Opening[]
}

const opening = ({ port, proto = 'tcp', from }: Opening, version: IpVersion): string[] => {
  const source = from === undefined ? undefined : address(from)
  if (source !== undefined && source.version !== version) return []
  return [
    `${source === undefined ? '' : `-s ${source.text} `}-p ${proto} -m conntrack --ctorigdstport ${portList({ port, proto })} --ctdir ORIGINAL -j RETURN`,
  ]
}

const rules = ({ bridges, open }: PublishedOptions, version: IpVersion): readonly string[] => {
  if (open === 'anywhere') return []
  const names = bridges.map(interfaceName)
  return [
    '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
    ...names.map((name) => `-i ${name} -j RETURN`),
    ...open.flatMap((one) => opening(one, version)),
    ...names.map((name) => `-o ${name} -j DROP`),
    '-m conntrack --ctstate DNAT -j DROP',
  ]
}

/**
 * The block for one family, in the words of iptables-save(8), so that what is stored can be compared with what is live.
 * Published ports bypass INPUT: the engine rewrites their destination and forwards them, after it has asked DOCKER-USER
 * (docs.docker.com/engine/network/packet-filtering-firewalls). What comes from a bridge of containers, or belongs to a
 * connection under way, goes on; what else is bound for such a bridge, or had its destination rewritten, is dropped. All
 * other forwarding is up to ufw. It tells by the bridges rather than by the outer interface, which may be any.
 */
export const publishedBlock = (options: PublishedOptions, version: IpVersion): string =>
  [
    '*filter',
    ':DOCKER-USER - [0:0]',
    `:${CHAIN} - [0:0]`,
    `-A DOCKER-USER -j ${CHAIN}`,
    ...rules(options, version).map((rule) => `-A ${CHAIN} ${rule}`),
    'COMMIT',
  ].join('\n')

/** @throws Error where the block begins and does not end */
export const storedBlock = (text: string): string | null => {
  const lines = text.split('\n')
  const begin = lines.indexOf(MARKERS.begin)
  if (begin < 0) return null
  const end = lines.indexOf(MARKERS.end, begin)
  if (end < 0) throw new Error(`“${MARKERS.begin}” is in after.rules, but no “${MARKERS.end}” after it`)
  return lines.slice(begin + 1, end).join('\n')
}

/** Puts the block where it is loaded last, once the kernel has been asked whether it understands it. */
const write = (path: string, version: IpVersion, block: string): Sh => {
  const body = blob(`${MARKERS.begin}\n${block}\n${MARKERS.end}\n`)
  const restore = version === 4 ? sh`iptables-restore` : sh`[ ! -d /proc/sys/net/ipv6 ] || ip6tables-restore`
  return sh`{ ${restore} -n -t ${body} && kept=$(sed ${`/^${MARKERS.begin}$/,/^${MARKERS.end}$/d`} ${path}) &&
{ printf '%s\n' "$kept"; cat ${body}; } | tu_put ${path} 0640 root root; }`
}

/**
 * Published ports of containers are closed from outside but for those named: a block of our own in after.rules or
 * after6.rules, loaded at once where the firewall is on. The engine leaves DOCKER-USER alone, and ufw loads it at every
 * start, so it outlives restarts of both.
 *
 * @throws TypeError for a bridge, a port or a range that cannot be
 */
export const publishedIn = (probe: Probe, settled: Claim, options: PublishedOptions, version: IpVersion): Task => {
  const path = `/etc/ufw/after${version === 4 ? '' : '6'}.rules`
  const block = publishedBlock(options, version)
  return task({
    title: `ufw closes published ports${version === 4 ? '' : ' (IPv6)'}`,
    owns: [{ path, part: true }],
    want: probe.is({ block }),
    words: settingsInWords,
    apply: ({ now }) => all(write(path, version, block), ...(now['enabled'] === true ? [REBUILD] : [])),
    provides: ({ now }) => (now['enabled'] === true ? [settled] : []),
    preview: { path, after: (before) => withBlock(before, MARKERS, block.split('\n')) },
  })
}
