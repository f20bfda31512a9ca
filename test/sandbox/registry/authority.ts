// The certificate authority that all hosts of the sandbox trust, and nobody else.
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { cache } from '../paths.ts'
import { $ } from '../shell.ts'
import { REGISTRIES } from './names.ts'

const dir = `${cache}/tls`

/** Its certificate. */
export const caFile = `${dir}/ca.crt`
/** The registry's own certificate, for every name and every bridge of this machine, and its key. */
export const serverFiles = { certificate: `${dir}/server.crt`, key: `${dir}/server.key` }

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '7300']

/** Makes it, once for the machine. To be called with the lock `ground` held. */
export const ensureAuthority = async (): Promise<void> => {
  if (existsSync(dir)) return
  const unfinished = `${dir}.unfinished`
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  const make = $({ cwd: unfinished })
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']
  await make`openssl req -x509 ${EC} ${ca} -subj ${'/CN=trueup sandbox'} -keyout ca.key -out ca.crt`
  const bridges = Array.from({ length: 254 }, (_, index) => `IP:10.77.${index + 1}.1`)
  const names = `subjectAltName=${[...REGISTRIES.map((name) => `DNS:${name}`), ...bridges].join(',')}`
  const server = ['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', names, '-subj', '/CN=registry']
  await make`openssl req -x509 ${EC} ${server} -CA ca.crt -CAkey ca.key -keyout server.key -out server.crt`
  await rename(unfinished, dir)
}

/** What OpenSSL calls the authority's certificate in a folder of certificates, before `.0`. */
export const authorityHash = async (): Promise<string> =>
  (await $`openssl x509 -noout -hash -in ${caFile}`).stdout.trim()

/** The authority's certificate, PEM. */
export const authority = (): Promise<string> => readFile(caFile, 'utf8')
