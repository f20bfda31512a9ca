import pLimit from 'p-limit'
import { checkVars, resolveHosts } from '../../inventory/vars.ts'
import type { Host } from '../../inventory/host.ts'
import type { Emit } from '../events.ts'
import { beyond, type Outside } from '../language/verification.ts'
import { jsonReporter } from '../report/json.ts'
import { coloured } from '../report/style.ts'
import { tableReporter } from '../report/table.ts'
import { worst } from '../runner/tally.ts'
import { masked } from '../runner/tell.ts'
import { type Asked, askOutside, verifyHost, type Verified } from '../runner/verify.ts'
import { selection } from './hosts.ts'
import type { Program } from './main.ts'
import { opener } from './open.ts'
import type { Invocation, Options } from './options.ts'
import { assign, knownRoles, selectRoles } from './roles.ts'
import { withoutSecrets } from './unasked.ts'

const reporter = ({ json }: Options): Emit => {
  const write = (text: string) => void process.stdout.write(text)
  return json ? jsonReporter(write) : tableReporter({ write, colour: coloured(process.env, process.stdout.isTTY) })
}

/** Who could be connected to directly: this machine has no outside, and behind a jump host nobody is. */
const addressOf = ({ connection, proxyJump, address }: Host): string | undefined =>
  connection === 'local' || proxyJump !== undefined ? undefined : address

/** What is asked from outside, once for each site. */
const outsideOf = (hosts: readonly Host[], { outside }: Program): readonly Outside[] => {
  const domains = new Map(hosts.map((host) => [host.site.domain, host.site]))
  return [...domains.values()].flatMap((site) => {
    const mine = hosts.filter((host) => host.site.domain === site.domain)
    return outside?.({ site, hosts: mine.map((host) => ({ name: host.name, address: addressOf(host) })) }) ?? []
  })
}

/** The checklist after a deployment: reads on the hosts and from outside, changes nothing, and needs no secrets of roles. */
export const verify = async ({ options }: Invocation, program: Program): Promise<number> => {
  const roles = selectRoles(options.role.length === 0 ? ['all'] : options.role, undefined, program.roles)
  const { inventory, names } = selection(options.inventory, options.limit)
  const vars = await checkVars(withoutSecrets(inventory), names, roles, knownRoles(program.roles))
  const hosts = await resolveHosts(inventory, names)
  const emit = masked(reporter(options))
  const open = await opener(options, emit)
  const limit = pLimit(options.forks)
  const verified = new Map<string, Promise<Verified>>()
  for (const host of hosts) {
    const assignments = assign(roles, vars.get(host.name))
    const target: Asked = { name: host.name, site: host.site, assignments, open: () => open(host) }
    verified.set(
      host.name,
      limit(() => verifyHost(target, emit, options.verbose)),
    )
  }
  // Asked from outside is the site as a whole: not where just some roles are meant.
  const { world } = await import('../api/world.ts')
  const lines = options.role.length === 0 ? outsideOf(hosts, program) : []
  const asked = lines.map(async (line) => {
    const about = line.host === undefined ? undefined : await verified.get(line.host)
    const dead: Outside = { ...line, ask: async () => beyond('the host itself was not reached') }
    return await askOutside(about?.reached === false ? dead : line, world)
  })
  const all = await Promise.all([...verified].map(async ([name, came]) => [name, await came] as const))
  const events = await Promise.all(asked)
  events.forEach(emit)
  const failedOutside = events.some(({ status }) => status === 'failed') ? [1] : []
  const exitCode = worst([...all.map(([, came]) => came.exitCode), ...failedOutside])
  emit({ event: 'summary', hosts: Object.fromEntries(all.map(([name, { summary }]) => [name, summary])), exitCode })
  return exitCode
}
