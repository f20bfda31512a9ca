import { derive, type MaybeSecret, Secret, type Site, type Task } from '../../lib/index.ts'
import { certificate, given, soundAuthority, soundPair } from '../../tasks/certificate.ts'
import { file } from '../../tasks/file.ts'
import { file as fileAt } from '../../tasks/path.ts'
import { unit } from '../../tasks/systemd.ts'
import { origin, originPullCa, title } from './origin.ts'
import { told } from './reload.ts'
import type { Vars } from './vars.ts'

/** Something that the inventory gives: checks that stand before anything else of the role, and what puts it in place. */
export interface FromInventory {
  readonly checks: readonly Task[]
  readonly tasks: readonly Task[]
}

/** Hosts that the certificate must cover, whichever names it uses for that. */
const hosts = ({ domain }: Site) => [domain, `www.${domain}`, `grafana.${domain}`]

const textOf = (text: MaybeSecret): string => (text instanceof Secret ? text.reveal() : text)

/** The pair of the inventory. */
export const fromInventory = ({ certificate: pem, key, minDays }: Vars, site: Site): FromInventory => {
  if (pem === undefined || key === undefined) throw new TypeError('a given certificate needs its key')
  const pair = origin(site)
  const text = textOf(pem)
  return {
    checks: soundPair({ certificate: text, key: key.reveal(), hosts: hosts(site), minDays }),
    tasks: [
      derive({
        title: title(site),
        owns: [{ path: pair.cert }, { path: pair.key }],
        from: unit('nginx'),
        reads: [certificate(pair)],
        make: (nginx) => given({ ...pair, certificate: text, secret: key, ...told(nginx) }),
      }),
    ],
  }
}

/** The authority of the edge's client certificate; whether it is asked for one is the web server's matter. */
export const pulls = ({ originPulls }: Vars, site: Site): FromInventory => {
  if (originPulls === false) return { checks: [], tasks: [] }
  const path = originPullCa(site)
  const content = textOf(originPulls.ca)
  return {
    checks: [soundAuthority('the CA of origin pulls', content)],
    tasks: [
      derive({
        title: `file ${path}`,
        owns: [{ path }],
        from: unit('nginx'),
        reads: [fileAt(path)],
        make: (nginx) => file({ path, content, ...told(nginx) }),
      }),
    ],
  }
}
