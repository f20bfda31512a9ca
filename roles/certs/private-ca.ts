import { derive, type Site, type Task } from '../../lib/index.ts'
import { authority, certificate, issued, signedBy } from '../../tasks/certificate.ts'
import { directory } from '../../tasks/directory.ts'
import { unit } from '../../tasks/systemd.ts'
import { origin, title } from './origin.ts'
import { told } from './reload.ts'
import type { Vars } from './vars.ts'

const CA = { cert: '/etc/trueup-ca/ca.pem', key: '/etc/trueup-ca/ca.key' }

/** How long a certificate of the private authority lasts: browsers take no more than 398 days. */
const DAYS = 365

/** A pair made on the host, and the authority that signs it. */
export const fromCa = ({ minDays }: Vars, site: Site): Task[] => {
  const pair = origin(site)
  const about = { days: minDays, ca: CA.cert }
  return [
    directory({ path: '/etc/trueup-ca', mode: '0700' }),
    ...authority({
      ...CA,
      name: `${site.project} private CA`,
      minDays: DAYS,
      provides: [certificate(pair, about).is({ signed: false })],
    }),
    derive({
      title: title(site),
      owns: [{ path: pair.cert }, { path: pair.key }],
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
