// What makes a copy of the base image this host: names, keys, where its packages and names come from.
import { chmod, chown, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { bridgeAddresses, type Subnet } from './address.ts'
import { archivePath, PORT } from './aptcache.ts'
import { rootDir } from './disk.ts'
import type { Host } from './host.ts'
import { hostKeyDir, identityFile } from './keys.ts'
import { registryLine, trustAuthority } from './registry/trust.ts'
import type { Release } from './release.ts'

/** The hosts' own sources, one a line, through the cache on the bridge. */
const sourcesFile = ({ codename, family, archives }: Release, subnet: Subnet): string =>
  archives
    .flatMap((archive) =>
      archive.suffixes.map((suffix) => {
        const uri = `http://${bridgeAddresses(subnet).v4}:${PORT}/${archivePath(archive, archives)}`
        const key = `[signed-by=/usr/share/keyrings/${family}-archive-keyring.gpg]`
        return `deb ${key} ${uri} ${codename}${suffix} ${archive.components.join(' ')}\n`
      }),
    )
    .join('')

const authorize = async (home: string, uid: number, key: string) => {
  await mkdir(`${home}/.ssh`, { recursive: true })
  await copyFile(key, `${home}/.ssh/authorized_keys`)
  await chmod(`${home}/.ssh`, 0o700)
  await chmod(`${home}/.ssh/authorized_keys`, 0o600)
  await chown(`${home}/.ssh`, uid, uid)
  await chown(`${home}/.ssh/authorized_keys`, uid, uid)
}

/** Writes a host's identity to its mounted disk. */
export const writeIdentity = async ({ name }: Host, release: Release, subnet: Subnet): Promise<void> => {
  const root = rootDir(name)
  const { v4, second } = bridgeAddresses(subnet)
  const file = async (path: string, text: string, mode = 0o644) => {
    await rm(root + path, { force: true })
    await writeFile(root + path, text, { mode })
  }
  await file('/etc/hostname', `${name}\n`)
  const loopback = `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost ip6-localhost ip6-loopback\n`
  await file('/etc/hosts', loopback + registryLine(v4))
  await trustAuthority(root)
  await file('/etc/machine-id', `${randomUUID().replaceAll('-', '')}\n`, 0o444)
  await file('/etc/resolv.conf', `nameserver ${v4}\nnameserver ${second}\n`)
  const sources = release.family === 'ubuntu' ? 'ubuntu.list' : 'debian.list'
  await file(`/etc/apt/sources.list.d/${sources}`, sourcesFile(release, subnet))
  for (const key of await readdir(hostKeyDir(name))) {
    await copyFile(`${hostKeyDir(name)}/${key}`, `${root}/etc/ssh/${key}`)
    await chmod(`${root}/etc/ssh/${key}`, key.endsWith('.pub') ? 0o644 : 0o600)
  }
  const key = `${identityFile(name)}.pub`
  await authorize(`${root}/root`, 0, key)
  await authorize(`${root}/home/ops`, 1000, key)
  await authorize(`${root}/home/ubuntu`, 1001, key)
}
