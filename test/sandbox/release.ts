// Which systems a host can run: Debian 12 and 13 from a Debian machine's mirror, or an Ubuntu machine's own release.
import { readFile } from 'node:fs/promises'
import { SandboxError } from './shell.ts'
import { type Archive, archivesOf, machineSources } from './sources.ts'

const DEBIAN = ['trixie', 'bookworm']

/** A release a host can be made of, with the archives it comes from. */
export type Release = { codename: string; family: 'debian' | 'ubuntu'; archives: Archive[] }

const machineOs = async () => {
  const text = await readFile('/etc/os-release', 'utf8')
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? ''
  return { id: field('ID'), codename: field('VERSION_CODENAME') }
}

/**
 * Finds the wanted release (default: the newest this machine's mirror has).
 * @throws SandboxError (exit 64) naming what is available.
 */
export const release = async (wanted?: string): Promise<Release> => {
  const machine = await machineOs()
  const family = machine.id === 'ubuntu' ? 'ubuntu' : 'debian'
  const available = family === 'ubuntu' ? [machine.codename] : DEBIAN
  const codename = wanted ?? available[0] ?? ''
  if (!available.includes(codename)) {
    throw new SandboxError(`--os ${codename}: this machine can make ${available.join(' or ')}`, 64)
  }
  return { codename, family, archives: archivesOf(await machineSources(), machine.codename) }
}
