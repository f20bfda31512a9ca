import { bad, fine, held, look, type Site, type Verification } from '../../lib/index.ts'
import { certificate, modes } from '../../tasks/certificate.ts'
import { origin } from './origin.ts'
import type { Vars } from './vars.ts'

/** The origin certificate: there, its key's, valid for long enough, for the site's names; and its key root's alone. */
export const verify = ({ source, minDays }: Vars, site: Site): readonly Verification[] => {
  const pair = origin(site)
  const mend = source === 'given' ? 'make a new one at Cloudflare (SSL/TLS, Origin Server)' : 'run --role certs'
  return [
    look({
      title: 'origin certificate',
      from: certificate(pair, { days: minDays }),
      judge: ({ sha256, matches, lasting, names, days, expires }) => {
        if (sha256 === null) return bad(`${pair.cert} holds no certificate; run --role certs`)
        if (!matches) return bad(`${pair.key} is not the key of ${pair.cert}; run --role certs`)
        if (!lasting) return bad(`${days ?? 0} days left (until ${expires ?? '?'}), wanted are ${minDays}; ${mend}`)
        const has = (names ?? '').split(' ')
        const lacking = ['', 'www.', 'grafana.']
          .map((prefix) => `${prefix}${site.domain}`)
          .filter((name) => !has.includes(name) && !has.includes(name.replace(/^[^.]+/, '*')))
        if (lacking.length > 0) return bad(`not for ${lacking.join(', ')}; ${mend}`)
        return fine(`${days ?? 0} days left, for ${names ?? ''}`)
      },
    }),
    held({
      title: 'key of the origin certificate',
      tasks: modes(pair),
      good: 'root alone can read it',
      mend: 'run --role certs',
    }),
  ]
}
