/**
 * Parts of a server block. What is a list for nginx (`add_header`, `proxy_set_header`, `proxy_hide_header`) is inherited
 * by a level only where it has none of its own: a location that adds one says all of them again (D10).
 */

const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['X-Frame-Options', 'SAMEORIGIN'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-XSS-Protection', '1; mode=block'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
]

/** Lines at the depth of a template's place; the first has its indent there already. */
export const lines = (depth: number, all: readonly string[]): string => all.join(`\n${' '.repeat(4 * depth)}`)

const add = (name: string, value: string) => `add_header ${name} "${value}" always;`

/** What every answer says of itself, whatever its status, over plain HTTP; and not which nginx it is from. */
export const plainHeaders: readonly string[] = ['server_tokens off;', ...HEADERS.map((header) => add(...header))]

/**
 * The same over TLS, each header once, whatever the application says there.
 *
 * @param hsts - seconds for which browsers are to insist on TLS; 0 leaves it to the application. RFC 6797 (7.2) wants
 *   that header over TLS only
 */
export const headers = (hsts: number): readonly string[] => {
  const all = [...HEADERS, ...(hsts > 0 ? [['Strict-Transport-Security', `max-age=${hsts}`] as const] : [])]
  return ['server_tokens off;', ...all.flatMap(([name, value]) => [`proxy_hide_header ${name};`, add(name, value)])]
}

/**
 * Mozilla's intermediate profile: TLS 1.2 and 1.3 with forward secrecy only (D13). The curves are OpenSSL's own, X25519
 * first in each release. There is no stapling, since Cloudflare's Origin CA answers no OCSP.
 */
export const tls: readonly string[] = [
  'ssl_protocols TLSv1.2 TLSv1.3;',
  'ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;',
  'ssl_prefer_server_ciphers off;',
  'ssl_session_cache shared:trueup:10m;',
  'ssl_session_timeout 1d;',
  'ssl_session_tickets off;',
]

/** What a backend must know of a request (R72), and connections that are kept or upgraded as the request asks (D11). */
export const proxy: readonly string[] = [
  'proxy_http_version 1.1;',
  'proxy_set_header Host $host;',
  'proxy_set_header X-Real-IP $remote_addr;',
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection $trueup_connection;',
]
