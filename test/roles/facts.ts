import type { HostFacts, Site } from '../../lib/index.ts'

export const SITE: Site = { domain: 'moja-dzialka.pl', project: 'moja-dzialka', dir: '/root/moja-dzialka' }

export const TRIXIE: HostFacts = {
  name: 'web1',
  os: 'debian',
  version: '13',
  codename: 'trixie',
  arch: 'amd64',
  cpus: 2,
  memoryMb: 2048,
  bootId: 'a',
  container: false,
  sshPort: 22,
  sshFrom: '192.0.2.7',
}
export const NOBLE: HostFacts = { ...TRIXIE, os: 'ubuntu', version: '24.04', codename: 'noble' }
