import { bad, fine, held, look, type HostFacts, type Site, type Verification } from '../../lib/index.ts'
import { release } from '../../tasks/release.ts'
import { service } from '../../tasks/service-state.ts'
import { failedUnits, rootDisk } from '../../tasks/system-state.ts'
import { folders, preflight } from './upkeep.ts'
import type { Vars } from './vars.ts'

const KNOWN = ['ubuntu 24.04', 'debian 12', 'debian 13']

/** Percent of the disk beyond which something should be done. */
const FULL = 90

/** The ground: what the machine is, its disk, its folders, and the services that nobody thinks of. */
export const verify = (vars: Vars, site: Site, host: HostFacts): readonly Verification[] => [
  look({
    title: 'operating system',
    from: release,
    judge: ({ id, version }) =>
      KNOWN.includes(`${id} ${version}`)
        ? fine(`${id} ${version}, ${host.cpus} CPUs, ${(host.memoryMb / 1024).toFixed(1)} GB of memory`)
        : bad(`${id} ${version} is none of ${KNOWN.join(', ')}`),
  }),
  held({
    title: 'machine as promised',
    tasks: preflight(vars.promises),
    good: Object.keys(vars.promises).length === 0 ? 'the inventory promises nothing' : 'CPUs, memory and disk',
    mend: 'have it resized, or correct base-ubuntu.promises',
  }),
  look({
    title: 'disk',
    from: rootDisk,
    judge: ({ percent, freeGb }) =>
      percent < FULL
        ? fine(`${percent}% used, ${freeGb} GB free`)
        : bad(`${percent}% used, ${freeGb} GB free; docker system df, du -xh / | sort -h | tail`),
  }),
  held({
    title: 'folders',
    tasks: folders(site),
    good: `${site.dir} and /root/backups`,
    mend: 'run --role base-ubuntu',
  }),
  look({
    title: 'no failed units',
    from: failedUnits,
    judge: ({ failed }) => (failed === '' ? fine('none') : bad(`${failed}; systemctl status, journalctl -u`)),
  }),
  ...['cron', 'fail2ban', 'chrony'].map((name) => service(name, 'base-ubuntu')),
]
