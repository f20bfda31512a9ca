import * as z from 'zod'
import { derive, network, role } from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { CLOUDFLARE } from '../tasks/cloudflare-ranges.ts'
import { file } from '../tasks/file.ts'
import * as nginx from '../tasks/nginx.ts'
import { file as fileAt, path as pathAt } from '../tasks/path.ts'
import { running } from '../tasks/systemd.ts'
import { nginxSite } from '../templates/nginx-site.ts'
import * as snippets from '../templates/nginx-snippets.ts'
import { needsOrigin, origin } from './certs.ts'

const Rate = z.strictObject({ rate: z.int().min(1).describe('Requests a second and client'), burst: z.int().min(0) })

const Vars = z.strictObject({
  trusted: z
    .array(network())
    .default([...CLOUDFLARE])
    .describe("Proxies whose word on the client's address is taken"),
  api: Rate.default({ rate: 10, burst: 20 }),
  ws: Rate.default({ rate: 5, burst: 5 }),
  apiTimeout: z.int().min(1).default(120).describe('Seconds that an answer of the API may take'),
  maxBody: z
    .string()
    .regex(/^\d+[kmg]$/)
    .default('25m'),
  hsts: z.int().min(0).default(63_072_000).describe('Seconds for which browsers insist on TLS; 0: not at all'),
  grafana: z
    .strictObject({
      port: z.int().default(3001),
      allow: z.array(network()).default([]),
    })
    .prefault({})
    .describe('Who may see Grafana from outside; nobody unless given'),
})

const snippet = (name: string, content: string) =>
  file({ path: `/etc/nginx/snippets/trueup-${name}.conf`, content, validate: nginx.valid, notifies: nginx.reload })

/** The web server on the host: TLS, rate limits, and the application behind it. */
export default role({
  name: 'nginx',
  vars: Vars,
  requires: ({ site }) => [
    { want: pathAt(site.dir).is({ type: 'directory' }), role: 'base-ubuntu' },
    ...needsOrigin(site),
  ],
  tasks: ({ vars, site, host }) => {
    const title = `file /etc/nginx/sites-available/${site.project}`
    const { cert, key } = origin(site)
    return [
      apt.installed(['nginx'], { nginx: nginx.provided(host.codename) }),
      nginx.siteLink({ name: 'default', enabled: false }),
      snippet('tls', snippets.tls),
      snippet('headers', snippets.headers(vars.hsts)),
      snippet('proxy', snippets.proxy),
      file({
        path: '/etc/nginx/conf.d/trueup.conf',
        content: snippets.http(vars.trusted),
        validate: nginx.valid,
        notifies: nginx.reload,
      }),
      derive({
        title,
        from: nginx.version,
        reads: [fileAt(`/etc/nginx/sites-available/${site.project}`)],
        make: ({ version }) =>
          nginx.siteFile({
            title,
            name: site.project,
            content: nginxSite({ ...vars, domain: site.domain, cert, key, http2: nginx.http2(version ?? '') }),
          }),
      }),
      nginx.siteLink({ name: site.project }),
      nginx.onlySites([site.project]),
      running('nginx.service'),
    ]
  },
})
