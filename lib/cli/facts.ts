import type { HostFacts } from '../language/role.ts'

/** What is assumed of a host that nobody has asked: a plain Ubuntu 24.04. */
export const assumed = ({ name, port }: { readonly name: string; readonly port: number }): HostFacts => ({
  name,
  os: 'ubuntu',
  version: '24.04',
  codename: 'noble',
  arch: 'amd64',
  cpus: 2,
  memoryMb: 4096,
  bootId: '',
  container: false,
  sshPort: port,
  sshFrom: null,
})
