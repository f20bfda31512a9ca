import { bad, beyond, fine, look, type Site, type Verdict, type Verification } from '../../lib/index.ts'
import { answer, handshake } from '../../tasks/answer.ts'
import { service } from '../../tasks/service-state.ts'
import * as nginx from '../../tasks/nginx.ts'

/** What the answers depend on. */
export interface Checked {
  /** Only whoever shows Cloudflare's certificate is served. */
  readonly originPulls: boolean
}

const LOG = 'see /var/log/nginx/error.log'

const asked = (url: string, wanted: (code: number) => boolean, { originPulls }: Checked) => ({
  from: answer(url),
  judge: ({ code, error }: { code: number | null; error: string | null }): Verdict => {
    if (code === null) return bad(`nothing answers ${url} on the host: ${error ?? ''}`)
    if (code === 400 && originPulls)
      return beyond(`with certs.originPulls on, only Cloudflare's edge is served: look at ${url} through it`)
    if (wanted(code)) return fine(`${url} is answered ${code} on the host`)
    return bad(`${url} is answered ${code} on the host; ${code >= 502 ? 'the application does not answer' : LOG}`)
  },
})

const good = (code: number) => code === 200

/** A refusal by the application itself is an answer: the handshake went all the way to it. */
const websocket = (version: string, { domain }: Site, { originPulls }: Checked): Verification => {
  const url = `https://${domain}/api/${version}/conversation/ws`
  return look({
    title: `WebSocket ${version} through nginx`,
    from: handshake(url),
    judge: ({ code, status }) => {
      if (code === 101) return fine(`${url} goes on as a WebSocket on the host`)
      if (code === 401 || code === 403) return fine(`the application itself refuses strangers (${code}) at ${url}`)
      if (code === 400 && originPulls) return beyond("with certs.originPulls on, only Cloudflare's edge is served")
      return bad(`the handshake at ${url} is answered “${status ?? 'nothing'}”, not 101; ${LOG}`)
    },
  })
}

/** The web server, and through it the application, as asked on the host itself. */
export const verify = (vars: Checked, site: Site): readonly Verification[] => {
  const { domain, project } = site
  const target = `/etc/nginx/sites-available/${project}`
  return [
    service('nginx', 'nginx'),
    look({
      title: 'nginx configuration',
      from: nginx.accepted,
      judge: ({ complaint }) =>
        complaint === null ? fine('nginx -t accepts it') : bad(`nginx -t refuses it: ${complaint}; run --role nginx`),
    }),
    look({
      title: 'site enabled',
      from: nginx.sites,
      judge: (found) => {
        const others = Object.keys(found).filter((name) => name !== project)
        if (found[project] !== target) return bad(`${target} is not linked in sites-enabled; run --role nginx`)
        return others.length === 0
          ? fine(`${target}, and no other`)
          : bad(`others are enabled, too: ${others.join(', ')}; run --role nginx`)
      },
    }),
    look({
      title: 'redirect to HTTPS on the host',
      from: answer(`http://${domain}/`),
      judge: ({ code, location, error }) =>
        code === 301 && location === `https://${domain}/`
          ? fine(`301 to ${location}`)
          : bad(`http://${domain}/ is answered ${code ?? error ?? 'nothing'}, not 301 to https; run --role nginx`),
    }),
    look({ title: 'health through nginx', ...asked(`https://${domain}/health`, good, vars) }),
    look({ title: 'front end through nginx', ...asked(`https://${domain}/`, good, vars) }),
    websocket('v1', site, vars),
    websocket('v2', site, vars),
  ]
}
