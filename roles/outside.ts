import { bad, beyond, fine, type Outside, type OutsideInput, type Verdict, type Visit } from '../lib/index.ts'
import { CLOUDFLARE } from '../tasks/cloudflare-ranges.ts'
import { holds } from '../tasks/ufw/address.ts'

type Site = OutsideInput['site']

/** Days that the edge's certificate should last; Cloudflare renews it a month before its end. */
const DAYS = 14

const isCloudflare = (address: string) => CLOUDFLARE.some((range) => holds(range, address))

const dns = (name: string, hosts: OutsideInput['hosts']): Outside => ({
  title: `DNS of ${name}`,
  ask: async (world) => {
    const found = await world.resolve(name)
    if (found.length === 0) return bad(`there is no ${name}; add the record at Cloudflare (DNS, Records), proxied`)
    if (found.every(isCloudflare)) return fine(`Cloudflare's edge: ${found.join(', ')}`)
    const own = hosts.find(({ address }) => address !== undefined && found.includes(address))
    return bad(
      own === undefined
        ? `${found.join(', ')} is not Cloudflare's; look at the record (DNS, Records)`
        : `${found.join(', ')} is ${own.name} itself: switch the record to “Proxied”, or the edge protects nothing`,
    )
  },
})

/** Cloudflare's own codes for what is wrong behind it (its documentation, 5xx errors). */
const EDGE: Readonly<Record<number, string>> = {
  520: 'the origin answered nonsense or nothing',
  521: 'the origin refuses connections: is nginx up, does ufw let the edge in (ufw.web)?',
  522: 'the origin does not answer: does ufw let the edge in (ufw.web), is the record’s address right?',
  523: 'the origin’s address is not routed: look at the DNS record',
  524: 'the origin took longer than the edge waits',
  525: 'no TLS with the origin: nginx, its certificate, TLS versions',
  526: 'the origin’s certificate is not trusted: with SSL mode Full (strict) it must be Cloudflare’s Origin certificate (certs.source: given)',
}

const challenged = ({ headers }: Visit) => headers['cf-mitigated'] === 'challenge'

/** What is not as wanted, in Cloudflare's terms where it says more. */
const unlike = (url: string, visit: Visit): Verdict => {
  if (challenged(visit))
    return beyond(`Cloudflare wants a browser's proof of ${url} (Bot Fight Mode, WAF): open it in a browser`)
  const why = EDGE[visit.code]
  return bad(`${url} is answered ${visit.code}${why === undefined ? '' : `: ${why}`}`)
}

const https = ({ domain }: Site): Outside => ({
  title: 'health through Cloudflare',
  ask: async (world) => {
    const url = `https://${domain}/health`
    const visit = await world.visit(url)
    if (visit.code !== 200) return unlike(url, visit)
    return 'cf-ray' in visit.headers
      ? fine(`${url} is answered 200`)
      : bad(`${url} is answered 200, but not by Cloudflare's edge`)
  },
})

const certificate = ({ domain }: Site): Outside => ({
  title: 'certificate that visitors see',
  ask: async (world) => {
    const { tls } = await world.visit(`https://${domain}/`)
    if (tls === undefined) return bad(`https://${domain}/ is not over TLS`)
    const days = Math.floor((tls.expires.getTime() - Date.now()) / 86_400_000)
    const about = `${days} days left, by ${tls.issuer}, over ${tls.protocol}`
    return days >= DAYS ? fine(about) : bad(`${about}; look at Cloudflare: SSL/TLS, Edge Certificates`)
  },
})

const redirect = ({ domain }: Site): Outside => ({
  title: 'Always Use HTTPS',
  ask: async (world) => {
    const url = `http://${domain}/`
    const visit = await world.visit(url)
    const to = visit.headers['location'] ?? ''
    return [301, 308].includes(visit.code) && to.startsWith(`https://${domain}/`)
      ? fine(`${url} leads to ${to}`)
      : unlike(url, visit)
  },
})

const tlsFloor = ({ domain }: Site): Outside => ({
  title: 'minimum TLS 1.2',
  ask: async (world) => {
    if (!(await world.handshake(domain, 'TLSv1.2')) && !(await world.handshake(domain, 'TLSv1.3')))
      return bad(`${domain} speaks neither TLS 1.2 nor 1.3`)
    const old = (['TLSv1', 'TLSv1.1'] as const).map(async (version) =>
      (await world.handshake(domain, version)) ? [version] : [],
    )
    const spoken = (await Promise.all(old)).flat()
    return spoken.length === 0
      ? fine('older versions are refused')
      : bad(`${spoken.join(', ')} is spoken; Cloudflare: SSL/TLS, Edge Certificates, Minimum TLS Version`)
  },
})

const websocket = ({ domain }: Site): Outside => ({
  title: 'WebSocket through Cloudflare',
  ask: async (world) => {
    const url = `https://${domain}/api/v1/conversation/ws`
    const visit = await world.visit(url, { upgrade: true })
    if (visit.code === 101) return fine(`${url} goes on as a WebSocket`)
    if ([401, 403].includes(visit.code) && !challenged(visit))
      return fine(`the application itself refuses strangers (${visit.code})`)
    return unlike(url, visit)
  },
})

/** Ports of containers and of the host that are nobody's business outside (R23). */
const INNER = [2379, 3000, 3001, 3100, 5432, 6379, 7474, 7687, 8000, 8080, 8090, 9000, 9090, 9093, 9100, 19530, 27017]

const closed = ({ name, address }: OutsideInput['hosts'][number]): Outside => ({
  title: 'inner ports closed from here',
  host: name,
  ask: async (world) => {
    if (address === undefined) return beyond('there is no direct way to this host from here: scan it from outside')
    const open = await Promise.all(INNER.map(async (port) => ((await world.connects(address, port)) ? [port] : [])))
    const found = open.flat()
    return found.length === 0
      ? fine(`${INNER.length} ports at ${address}`)
      : bad(`${found.join(', ')} at ${address} can be reached; run --role ufw,docker`)
  },
})

/** What no program can judge, and where a person looks. */
const byHand = ({ domain }: Site): readonly Outside[] =>
  Object.entries({
    'SSL Labs': `https://www.ssllabs.com/ssltest/analyze.html?d=${domain} should say A or better`,
    'conversation with the agent': `talk to it at https://${domain}/`,
    'Cloudflare: SSL mode': 'SSL/TLS, Overview: Full (strict)',
    'Cloudflare: WAF': 'Security, WAF, Managed rules: on',
    'Cloudflare: Bot Fight Mode': 'Security, Bots: on',
    'Cloudflare: Challenge Passage': 'Security, Settings: 30 minutes',
  }).map(([title, how]) => ({ title, ask: async () => beyond(`for a person to look: ${how}`) }))

/** What is asked from where this program runs: the names, the edge, and what should not be reachable at all. */
export const outside = ({ site, hosts }: OutsideInput): readonly Outside[] => [
  ...hosts.map(closed),
  ...['', 'www.', 'grafana.'].map((prefix) => dns(`${prefix}${site.domain}`, hosts)),
  ...[https, certificate, redirect, tlsFloor, websocket].map((question) => question(site)),
  ...byHand(site),
]
