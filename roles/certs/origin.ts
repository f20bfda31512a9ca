import type { Requirement, Site } from '../../lib/index.ts'
import { certificate } from '../../tasks/certificate.ts'
import { path as pathAt } from '../../tasks/path.ts'

/** Where the web server's certificate and its key are. */
export const origin = ({ dir }: Site) => ({
  cert: `${dir}/nginx/ssl/cloudflare-origin.pem`,
  key: `${dir}/nginx/ssl/cloudflare-origin.key`,
})

/** Where the CA of Authenticated Origin Pulls is, with `originPulls` on. */
export const originPullCa = ({ dir }: Site): string => `${dir}/nginx/ssl/origin-pull-ca.pem`

/** What whoever serves TLS needs: a pair that is valid, and whose key is root's alone. */
export const needsOrigin = (site: Site): readonly Requirement[] => [
  { want: certificate(origin(site)).is({ matches: true, lasting: true }), role: 'certs' },
  { want: pathAt(origin(site).key).is({ type: 'file', mode: '0600', owner: 'root' }), role: 'certs' },
]

/** The task that brings the pair, whoever made it. */
export const title = (site: Site) => `certificate ${origin(site).cert}`
