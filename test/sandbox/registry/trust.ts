// What makes a host trust the sandbox's authority, and find the registry under the names of production.
import { appendFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { authority, authorityHash } from './authority.ts'
import { REGISTRIES } from './names.ts'

/** The line of /etc/hosts that leads the registries' names to the bridge. */
export const registryLine = (bridge: string): string => `${bridge} ${REGISTRIES.join(' ')}\n`

const LOCAL = '/usr/local/share/ca-certificates/trueup-sandbox.crt'

/**
 * Adds the authority to a host's mounted disk just as update-ca-certificates(8) does, so that its next run finds
 * nothing to change: the certificate, its links, and the end of the bundle.
 */
export const trustAuthority = async (root: string): Promise<void> => {
  const [pem, hash] = await Promise.all([authority(), authorityHash()])
  const certs = `${root}/etc/ssl/certs`
  await mkdir(`${root}/usr/local/share/ca-certificates`, { recursive: true })
  await rm(root + LOCAL, { force: true })
  await writeFile(root + LOCAL, pem, { mode: 0o644 })
  const links = { 'trueup-sandbox.pem': LOCAL, [`${hash}.0`]: 'trueup-sandbox.pem' }
  for (const [name, target] of Object.entries(links)) {
    await rm(`${certs}/${name}`, { force: true })
    await symlink(target, `${certs}/${name}`)
  }
  // A disk that was copied from another host's has it already.
  const bundle = await readFile(`${certs}/ca-certificates.crt`, 'utf8')
  if (!bundle.includes(pem)) await appendFile(`${certs}/ca-certificates.crt`, pem)
}
