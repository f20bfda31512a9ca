import { type Probe, probe, sh, type State } from '../../lib/index.ts'
import { atLeast } from '../deb-version.ts'

export interface NginxState extends State {
  /** Such as `1.24.0`; `null` where nginx is not installed. */
  version: string | null
}

/** The installed program's version, by `nginx -v`: less work for the host than asking dpkg. */
export const version: Probe<NginxState> = probe({
  id: 'nginx.version',
  needs: ['nginx'],
  read: sh`nginx -v 2>&1`,
  parse: (stdout) => {
    if (stdout === '') return { version: null }
    const [, found] = /^nginx version: nginx\/([0-9.]+)/.exec(stdout) ?? []
    if (found === undefined) throw new Error(`nginx -v printed ${JSON.stringify(stdout.slice(0, 80))}`)
    return { version: found }
  },
})

/** The version in each distribution's main archive, for a host where it is not installed yet. */
const VERSIONS: Readonly<Record<string, string>> = {
  bookworm: '1.22.1',
  trixie: '1.26.3',
  jammy: '1.18.0',
  noble: '1.24.0',
}

/** What a distribution's own nginx is; `undefined` for one that is not in the table. */
export const candidate = (codename: string): string | undefined => VERSIONS[codename]

/** How HTTP/2 is spelled: a flag of `listen` up to 1.25.0, a directive from 1.25.1 (nginx.org, ngx_http_v2_module). */
export interface Http2 {
  /** Behind the address in `listen`: `ssl` or `ssl http2`. */
  readonly listen: string
  /** A line of its own, or nothing. */
  readonly directive: '' | 'http2 on;'
}

export const http2 = (version: string): Http2 =>
  atLeast(version, '1.25.1') ? { listen: 'ssl', directive: 'http2 on;' } : { listen: 'ssl http2', directive: '' }
