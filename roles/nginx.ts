import * as z from 'zod'
import { shipped } from '../files/index.ts'
import { derive, network, role, type Site } from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { CLOUDFLARE } from '../tasks/cloudflare-ranges.ts'
import { link } from '../tasks/link.ts'
import * as nginx from '../tasks/nginx.ts'
import { file as fileAt, path as pathAt } from '../tasks/path.ts'
import { running } from '../tasks/systemd.ts'
import { dropin } from '../tasks/unit-file.ts'
import { nginxSite } from '../templates/nginx-site.ts'
import { needsOrigin, origin, originPullCa } from './certs.ts'
import { verify } from './nginx/verify.ts'

const Rate = z.strictObject({
  rate: z.int().min(1).describe('Requests a second and client'),
  burst: z.int().min(0).describe('How many more at once before the next is answered 429'),
})

const Vars = z.strictObject({
  trusted: z
    .array(network())
    .default([...CLOUDFLARE])
    .describe("Proxies whose word on the client's address is taken; Cloudflare's unless given"),
  api: Rate.default({ rate: 10, burst: 20 }).describe('Limit of /api/'),
  ws: Rate.default({ rate: 5, burst: 5 }).describe('Limit of new WebSockets'),
  apiTimeout: z
    .int()
    .min(1)
    .default(120)
    .describe('Seconds that an answer of the API may take; Cloudflare gives up after 120 itself'),
  maxBody: z
    .string()
    .regex(/^\d+[kmg]$/)
    .default('25m')
    .describe('The largest request, such as an upload'),
  hsts: z.int().min(0).default(63_072_000).describe('Seconds for which browsers insist on TLS; 0: not at all'),
  originPulls: z
    .boolean()
    .default(false)
    .describe(
      "Only whoever shows Cloudflare's certificate is served (Authenticated Origin Pulls); switch it on there first",
    ),
  grafana: z
    .strictObject({
      port: z.int().min(1).max(65_535).default(3001).describe('Where it listens on the host'),
      allow: z.array(network()).default([]).describe("Visitors' addresses; nobody but the host unless given"),
    })
    .prefault({})
    .describe('Who may see Grafana from outside'),
})

/** The other names that the document has for the site's file (R30, R40). */
const otherNames = ({ dir, project }: Site, target: string) =>
  [...new Set(['nginx.conf', `${project}.conf`])].map((name) => link({ path: `${dir}/nginx/${name}`, target }))

/** A web server that dies at night comes back by itself. */
const RESTART = '# Managed by trueup.\n[Service]\nRestart=on-failure\nRestartSec=5s\n'

/** The web server on the host: TLS, rate limits, and the application behind it. */
export default role({
  name: 'nginx',
  vars: Vars,
  requires: ({ vars, site }) => [
    { want: pathAt(`${site.dir}/nginx`).is({ type: 'directory' }), role: 'certs' },
    ...needsOrigin(site),
    ...(vars.originPulls ? [{ want: pathAt(originPullCa(site)).is({ type: 'file' }), role: 'certs' }] : []),
  ],
  tasks: ({ vars, site, host }) => {
    const path = `/etc/nginx/sites-available/${site.project}`
    const title = `file ${path}`
    const { cert, key } = origin(site)
    const takeUp = nginx.takeUp({ name: site.domain, cert, script: shipped('nginx-reload.sh') })
    const change = { notifies: takeUp }
    const content = (version: string) =>
      nginxSite({
        ...vars,
        domain: site.domain,
        cert,
        key,
        ...(vars.originPulls && { clientCa: originPullCa(site) }),
        http2: nginx.http2(version),
      })
    return [
      apt.installed(['nginx'], { nginx: nginx.provided(host.codename) }),
      nginx.nothingLeft(takeUp),
      dropin({ unit: 'nginx.service', name: 'trueup', content: RESTART }),
      nginx.undoable(nginx.siteLink({ name: 'default', enabled: false, ...change })),
      derive({
        title,
        from: nginx.version,
        reads: [fileAt(path)],
        make: ({ version }) =>
          nginx.undoable(nginx.siteFile({ title, name: site.project, content: content(version ?? ''), ...change })),
      }),
      ...otherNames(site, path),
      nginx.undoable(nginx.siteLink({ name: site.project, ...change })),
      nginx.undoable(nginx.onlySites([site.project], change)),
      nginx.noStrays,
      running('nginx.service'),
    ]
  },
  verify: ({ vars, site }) => verify(vars, site),
})
