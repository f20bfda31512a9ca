import * as z from 'zod'
import { held, type HostFacts, network, role, type RoleInput, type Task } from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { CLOUDFLARE } from '../tasks/cloudflare-ranges.ts'
import { enabled as unitEnabled } from '../tasks/systemd.ts'
import * as ufw from '../tasks/ufw.ts'
import type { Arrival, Match } from '../tasks/ufw.ts'

const Port = z.string().regex(/^\d+(:\d+)?(\/(tcp|udp))?$/, 'a port such as 8080/tcp, or a range such as 6000:6007/udp')
const Rule = z.union([
  Port,
  z.strictObject({
    port: z.union([z.int().min(1).max(65535), z.string()]).optional(),
    proto: z.enum(['tcp', 'udp']).optional(),
    from: network().optional(),
    interface: z.string().optional(),
    comment: z.string().optional(),
  }),
])

const Opening = z.strictObject({
  port: z.union([z.int().min(1).max(65535), z.string()]).describe("The host's port"),
  proto: z.enum(['tcp', 'udp']).default('tcp'),
  from: network().optional().describe('Anywhere unless given'),
})

const Vars = z.strictObject({
  ssh: z
    .strictObject({
      from: z.array(network()).default([]).describe('Ranges that may reach ssh; anybody unless given'),
      ports: z
        .array(z.int().min(1).max(65535))
        .default([])
        .describe('Ports that sshd is to have, open beside the one that the run comes in by'),
    })
    .prefault({}),
  web: z.enum(['cloudflare', 'anywhere', 'closed']).default('cloudflare').describe('Who may reach ports 80 and 443'),
  allow: z.array(Rule).default([]).describe('What else may come in'),
  exactly: z
    .boolean()
    .default(false)
    .describe('Remove rules that are not named here; they are only told of unless set'),
  published: z
    .union([z.literal('anywhere'), z.array(Opening)])
    .default([])
    .describe('Ports published by containers that may be reached from outside; `anywhere` opens all of them'),
  bridges: z
    .array(z.string())
    .default(['docker0', 'br-+'])
    .describe("The containers' bridges, to tell their traffic from what comes from outside; `+` stands for any ending"),
  outgoing: z.enum(['allow', 'deny']).default('allow').describe('What may go out by default'),
  logging: z.enum(['off', 'low', 'medium', 'high', 'full']).default('low').describe('How much ufw logs'),
})

const WEB: Match = { ports: [80, 443], proto: 'tcp' }

const web = (from: z.infer<typeof Vars>['web']): Match[] => {
  if (from === 'closed') return []
  return from === 'anywhere'
    ? [{ ...WEB, comment: 'web' }]
    : CLOUDFLARE.map((range) => ({ ...WEB, from: range, comment: 'Cloudflare' }))
}

/** A rule as it stands in an inventory: `8080/tcp`, or spelled out. */
const match = (rule: z.infer<typeof Rule>): Match => {
  if (typeof rule !== 'string')
    return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined))
  const [port = '', proto] = rule.split('/')
  return proto === 'tcp' || proto === 'udp' ? { port, proto } : { port }
}

const opening = ({ port, proto, from }: z.infer<typeof Opening>): ufw.Opening => ({
  port,
  proto,
  ...(from !== undefined && { from }),
})

const allowing = (rules: readonly Match[]) => rules.map((rule) => ({ ...rule, action: 'allow' as const }))

const portOf = (host: HostFacts): number => host.sshPort ?? 22

const Ssh = z.object({ ssh: z.object({ port: z.int().optional() }) })

/** Where sshd will listen once the same run has moved it. */
const portToCome = (base: unknown): number[] => {
  const port = Ssh.safeParse(base).data?.ssh.port
  return port === undefined ? [] : [port]
}

/** The connection that must get in: the one that we came by; on the host itself, one from the first range. */
const arrival = (host: HostFacts, ranges: readonly string[]): Arrival => {
  const from = host.sshPort === null ? ranges[0]?.split('/')[0] : host.sshFrom
  return { port: portOf(host), ...(typeof from === 'string' && { from }) }
}

interface Rules {
  readonly ssh: readonly Match[]
  readonly others: readonly Match[]
  readonly named: readonly ufw.Rule[]
  readonly live: Arrival
}

/** The rules that there are to be. */
const rulesFor = ({ vars, host, others: beside }: RoleInput<z.infer<typeof Vars>>): Rules => {
  const ports = [portOf(host), ...portToCome(beside?.get('base-ubuntu')), ...vars.ssh.ports]
  const ssh: Match[] = [...new Set(ports)].flatMap((port): Match[] =>
    vars.ssh.from.length === 0
      ? [{ port, proto: 'tcp', comment: 'ssh' }]
      : vars.ssh.from.map((from) => ({ port, proto: 'tcp', from, comment: 'ssh' })),
  )
  const others = vars.allow.map(match)
  const named = allowing([...ssh, ...web(vars.web), ...others])
  return { ssh, others, named, live: arrival(host, vars.ssh.from) }
}

const publishedPorts = ({ bridges, published }: z.infer<typeof Vars>): readonly Task[] =>
  ufw.published({ bridges, open: published === 'anywhere' ? published : published.map(opening) })

/**
 * Denies what comes in, but for ssh, the web from Cloudflare's edge and what the inventory allows; that goes for ports
 * that containers publish, too. The port that we come
 * in by is opened before the firewall closes, and nothing is closed where that does not let us in: a run cannot lock
 * itself out.
 */
export default role({
  name: 'ufw',
  vars: Vars,
  tasks: (input) => {
    const { vars } = input
    const { ssh, others, named, live } = rulesFor(input)
    const only = vars.exactly ? named : undefined
    return [
      apt.installed(['ufw'], { ufw: ufw.provided }),
      ufw.stores(allowing(ssh), 'ufw allow ssh'),
      ufw.admitsSsh({ ssh: live, ranges: vars.ssh.from, ...(only && { only }) }),
      ufw.defaults({ incoming: 'deny' }),
      ufw.defaults({ outgoing: vars.outgoing }),
      ufw.defaults({ routed: 'deny' }),
      ufw.defaults({ ipv6: true }),
      ufw.logging(vars.logging),
      ...(vars.web === 'closed' ? [] : [ufw.stores(allowing(web(vars.web)), 'ufw allow web')]),
      ...others.map(ufw.allow),
      only ? ufw.onlyRules(only, { ssh: live }) : ufw.tellsOthers(named),
      ...publishedPorts(vars),
      ufw.enabled({ ssh: live }),
      unitEnabled('ufw.service'),
    ]
  },
  verify: (input) => {
    const { vars } = input
    const { named, live } = rulesFor(input)
    const mend = 'run --role ufw'
    const web =
      vars.web === 'closed' ? '' : `, the web from ${vars.web === 'anywhere' ? 'anywhere' : "Cloudflare's edge"}`
    return [
      held({
        title: 'firewall on',
        tasks: [ufw.defaults({ incoming: 'deny' }), ufw.defaults({ routed: 'deny' }), ufw.enabled({ ssh: live })],
        good: 'it denies what comes in, and the kernel does what is stored',
        mend,
      }),
      held({
        title: 'firewall opens what it should, and nothing else',
        tasks: [ufw.stores(named, 'ufw rules'), ufw.tellsOthers(named)],
        good: `ssh${web}${vars.allow.length > 0 ? ', and what the inventory allows' : ''}`,
        mend,
      }),
      held({
        title: "containers' ports closed from outside",
        tasks: publishedPorts(vars),
        good: 'published ports are dropped in both families',
        mend,
      }),
    ]
  },
})
