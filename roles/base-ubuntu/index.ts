import { role } from '../../lib/index.ts'
import { hostname } from '../../tasks/hostname.ts'
import { locale } from '../../tasks/locale.ts'
import { timezone } from '../../tasks/timezone.ts'
import { access, deployer } from './access.ts'
import { kernel } from './kernel.ts'
import { packages, upgrades } from './packages.ts'
import { clock, folders, journal, logs, oneOffs, preflight } from './upkeep.ts'
import { Vars } from './vars.ts'
import { verify } from './verify.ts'

/** The ground that everything else stands on: upgrades, people and their access, logs, the clock, and the folders. */
export default role({
  name: 'base-ubuntu',
  vars: Vars,
  tasks: ({ vars, site, host }) => [
    ...preflight(vars.promises),
    ...(vars.hostname === undefined ? [] : hostname(vars.hostname)),
    timezone(vars.timezone),
    locale({ lang: vars.locale }),
    packages(vars.packages, host.codename),
    ...upgrades(host.codename),
    ...deployer(vars.deploy),
    ...access(vars, host),
    ...kernel(vars, host),
    ...journal(vars),
    ...logs(site),
    ...clock(host),
    ...folders(site),
    ...oneOffs(vars),
  ],
  verify: ({ vars, site, host }) => verify(vars, site, host),
})
