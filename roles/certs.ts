import * as z from 'zod'
import {
  derive,
  handler,
  maybeSecret,
  type Requirement,
  role,
  Secret,
  secret,
  sh,
  type Site,
  type Task,
} from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { authority, certificate, expiry, given, issued, modes, signedBy } from '../tasks/certificate.ts'
import { directory } from '../tasks/directory.ts'
import { path as pathAt } from '../tasks/path.ts'
import { unit } from '../tasks/systemd.ts'

const Vars = z
  .strictObject({
    source: z
      .enum(['private-ca', 'given'])
      .default('private-ca')
      .describe('An authority of the host’s own, or the certificate and the key that are given here'),
    certificate: maybeSecret().optional().describe('PEM, its chain behind it'),
    key: secret().optional().describe('PEM'),
    minDays: z
      .int()
      .min(1)
      .max(300)
      .default(30)
      .describe('With fewer days left a private certificate is renewed, and one that is given is warned about'),
  })
  .superRefine((vars, { addIssue }) => {
    for (const name of ['certificate', 'key'] as const)
      if (vars.source === 'given' && vars[name] === undefined)
        addIssue({ code: 'custom', path: [name], message: 'source: given needs it' })
  })

type Vars = z.infer<typeof Vars>

/** Where the web server's certificate and its key are. */
export const origin = ({ dir }: Site) => ({
  cert: `${dir}/nginx/ssl/cloudflare-origin.pem`,
  key: `${dir}/nginx/ssl/cloudflare-origin.key`,
})

/** What whoever serves TLS needs: a pair that is valid, and whose key is root's alone. */
export const needsOrigin = (site: Site): readonly Requirement[] => [
  { want: certificate(origin(site)).is({ matches: true, lasting: true }), role: 'certs' },
  { want: pathAt(origin(site).key).is({ type: 'file', mode: '0600', owner: 'root' }), role: 'certs' },
]

const CA = { cert: '/etc/trueup/ca/ca.pem', key: '/etc/trueup/ca/ca.key' }

/** How long a certificate of the private authority lasts: browsers take no more than 398 days. */
const DAYS = 365

/**
 * nginx takes up the new certificate. Where its configuration is broken it goes on with the old one, and no harm is
 * done: the role nginx, whose matter that is, comes after this one, and reloads it then.
 */
const reload = handler({
  id: 'reload:nginx',
  title: 'reload nginx',
  run: sh`if nginx -q -t; then systemctl reload-or-restart -- nginx.service; fi`,
  want: unit('nginx').is({ active: true }),
})

/** Whoever is up must be told; a web server that is not there yet will read the new one anyway. */
const told = ({ active }: { readonly active: boolean | string }) => (active === true ? { notifies: reload } : {})

const title = (site: Site) => `certificate ${origin(site).cert}`

/** Hosts that the certificate must cover, whichever names it uses for that. */
const hosts = ({ domain }: Site) => [domain, `www.${domain}`, `grafana.${domain}`]

const fromCa = ({ minDays }: Vars, site: Site): Task[] => {
  const pair = origin(site)
  const about = { days: minDays, ca: CA.cert }
  return [
    directory({ path: '/etc/trueup' }),
    directory({ path: '/etc/trueup/ca', mode: '0700' }),
    ...authority({
      ...CA,
      name: `${site.project} private CA`,
      minDays: DAYS,
      provides: [certificate(pair, about).is({ signed: false })],
    }),
    derive({
      title: title(site),
      from: unit('nginx'),
      reads: [certificate(pair, about)],
      make: (nginx) =>
        issued({
          ...pair,
          names: [site.domain, `*.${site.domain}`],
          issuer: signedBy(CA),
          days: DAYS,
          minDays,
          ...told(nginx),
        }),
    }),
  ]
}

const fromInventory = ({ certificate: pem, key, minDays }: Vars, site: Site): Task[] => {
  if (pem === undefined || key === undefined) throw new TypeError('a given certificate needs its key')
  const pair = origin(site)
  const text = pem instanceof Secret ? pem.reveal() : pem
  return [
    derive({
      title: title(site),
      from: unit('nginx'),
      reads: [certificate(pair)],
      make: (nginx) =>
        given({
          ...pair,
          certificate: text,
          secret: key,
          hosts: hosts(site),
          minDays,
          now: new Date(),
          ...told(nginx),
        }),
    }),
    expiry(pair, minDays),
  ]
}

/** The certificate that visitors of the web server see, before the server that needs it. */
export default role({
  name: 'certs',
  vars: Vars,
  requires: ({ site }) => [{ want: pathAt(site.dir).is({ type: 'directory' }), role: 'base-ubuntu' }],
  tasks: ({ vars, site }) => [
    apt.installed(['openssl']),
    directory({ path: `${site.dir}/nginx` }),
    directory({ path: `${site.dir}/nginx/ssl`, mode: '0700' }),
    ...(vars.source === 'given' ? fromInventory(vars, site) : fromCa(vars, site)),
    ...modes(origin(site)),
  ],
})
