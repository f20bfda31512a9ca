import { nginxQuote, nginxWord } from '../tasks/nginx/quote.ts'
import { STATUS_PORT } from './monitoring/ports.ts'
import { headers, lines, plainHeaders, proxy, tls } from './nginx-parts.ts'

/** Requests a second and client, and how many at once beyond that. */
export interface Limit {
  readonly rate: number
  readonly burst: number
}

/** Everything that the site's configuration is made from; the nginx role's schema has checked each value. */
export interface NginxSite {
  readonly domain: string
  readonly cert: string
  readonly key: string
  /** Whose certificate a client must show (Cloudflare's Authenticated Origin Pulls); anybody may come without. */
  readonly clientCa?: string
  /** From nginx 1.25.1 on, HTTP/2 is a directive of its own; before, it is a word of `listen` (D9). */
  readonly http2: { readonly listen: string; readonly directive: string }
  /** Ranges whose word on the client's address is believed. */
  readonly trusted: readonly string[]
  readonly api: Limit
  readonly ws: Limit
  /** Seconds that an answer of the API may take. */
  readonly apiTimeout: number
  /** Such as `25m`. */
  readonly maxBody: string
  readonly hsts: number
  readonly grafana: { readonly port: number; readonly allow: readonly string[] }
}

const shared = ({ domain, api, ws, trusted }: NginxSite): string => `
map $http_upgrade $trueup_connection {
    default upgrade;
    '' '';
}

${lines(0, [
  '# Who is asking, behind Cloudflare; nobody else is believed.',
  ...trusted.map((range) => `set_real_ip_from ${nginxWord(range)};`),
  ...(trusted.length > 0 ? ['real_ip_header CF-Connecting-IP;'] : []),
])}

limit_req_zone $binary_remote_addr zone=api:10m rate=${api.rate}r/s;
limit_req_zone $binary_remote_addr zone=ws:10m rate=${ws.rate}r/s;
limit_req_status 429;

${domain.length > 40 ? 'server_names_hash_bucket_size 512;\n' : ''}# Whoever sends slowly does not hold a connection for long.
client_header_timeout 15s;
client_body_timeout 30s;

log_format trueup '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                  '"$http_referer" "$http_user_agent" $host from=$realip_remote_addr took=$request_time '
                  'upstream=$upstream_response_time:$upstream_status id=$request_id';

upstream backend {
    server 127.0.0.1:8000;
    keepalive 32;
}

upstream frontend {
    server 127.0.0.1:3000;
    keepalive 16;
}
`

const closed = ({ http2 }: NginxSite): string => `
# Whoever asks for a name that is not ours gets no answer, and over TLS no certificate.
server {
    listen 80 default_server;
    listen [::]:80 default_server;
    server_name _;
    ${lines(1, plainHeaders)}
    return 444;
}

server {
    listen 443 ${http2.listen} default_server;
    listen [::]:443 ${http2.listen} default_server;
    server_name _;
    ${lines(1, [...plainHeaders, ...tls])}
    ssl_reject_handshake on;
}
`

const names = ({ domain }: NginxSite) => ({
  app: `${nginxWord(domain)} www.${nginxWord(domain)}`,
  grafana: `grafana.${nginxWord(domain)}`,
})

const redirect = (site: NginxSite): string => `
server {
    listen 80;
    listen [::]:80;
    server_name ${names(site).app} ${names(site).grafana};
    access_log /var/log/nginx/access.log trueup;
    ${lines(1, plainHeaders)}
    return 301 https://$host$request_uri;
}
`

/** What both servers begin with. */
const common = ({ http2, cert, key, clientCa, maxBody, hsts }: NginxSite): string =>
  lines(1, [
    ...(http2.directive === '' ? [] : [http2.directive]),
    'access_log /var/log/nginx/access.log trueup;',
    `ssl_certificate ${nginxQuote(cert)};`,
    `ssl_certificate_key ${nginxQuote(key)};`,
    ...tls,
    ...(clientCa === undefined ? [] : [`ssl_client_certificate ${nginxQuote(clientCa)};`, 'ssl_verify_client on;']),
    `client_max_body_size ${nginxWord(maxBody)};`,
    ...headers(hsts),
    ...proxy,
  ])

const websocket = (path: string, { ws }: NginxSite): string => `
    location ${path} {
        limit_req zone=ws burst=${ws.burst} nodelay;
        proxy_pass http://backend;
        proxy_read_timeout 3600s;
        proxy_send_timeout 3600s;
    }`

const cached = (match: string, value: string, { hsts }: NginxSite): string => `
        location ${match} {
            proxy_pass http://frontend;
            ${lines(3, headers(hsts))}
            proxy_hide_header Cache-Control;
            proxy_hide_header Expires;
            add_header Cache-Control "${value}";
        }`

const app = (site: NginxSite): string => `
server {
    listen 443 ${site.http2.listen};
    listen [::]:443 ${site.http2.listen};
    server_name ${names(site).app};
    ${common(site)}

    gzip on;
    gzip_vary on;
    gzip_proxied any;
    gzip_types text/plain application/json application/javascript text/css;

    location /api/ {
        limit_req zone=api burst=${site.api.burst} nodelay;
        proxy_pass http://backend;
        proxy_connect_timeout 10s;
        proxy_read_timeout ${site.apiTimeout}s;
    }
${websocket('/api/v1/conversation/ws', site)}
${websocket('/api/v2/conversation/ws', site)}

    location /health {
        proxy_pass http://backend;
    }

    location / {
        proxy_pass http://frontend;
${cached('~* \\.(js|css|png|jpg|jpeg|gif|ico|svg|woff2)$', 'public, max-age=31536000, immutable', site)}
${cached('= /favicon.ico', 'public, max-age=86400', site)}
    }
}
`

const grafana = (site: NginxSite): string => `
# Grafana, for the addresses of the allowlist only (visitors', not Cloudflare's); an empty one lets in this host alone.
server {
    listen 443 ${site.http2.listen};
    listen [::]:443 ${site.http2.listen};
    server_name ${names(site).grafana};
    ${common(site)}

    ${lines(1, [
      'allow 127.0.0.1;',
      'allow ::1;',
      ...site.grafana.allow.map((range) => `allow ${nginxWord(range)};`),
      'deny all;',
    ])}

    location / {
        proxy_pass http://127.0.0.1:${site.grafana.port};
    }

    location /api/live/ {
        proxy_pass http://127.0.0.1:${site.grafana.port};
        proxy_read_timeout 3600s;
        proxy_send_timeout 3600s;
    }
}
`

const status = `
# How many connections there are, for the monitoring on this host (ngx_http_stub_status_module).
server {
    listen 127.0.0.1:${STATUS_PORT};
    server_name _;
    access_log off;
    ${lines(1, plainHeaders)}

    location = /stub_status {
        stub_status;
    }

    location / {
        return 404;
    }
}
`

/** The site: rate limits by client, the API and its WebSockets, the front end, Grafana, and its own numbers; one file, replaced as a whole. */
export const nginxSite = (site: NginxSite): string =>
  ['# Managed by trueup: changes made here are put back.\n', shared, closed, redirect, app, grafana, status]
    .map((part) => (typeof part === 'string' ? part : part(site)))
    .join('')
