import { nginxQuote } from '../tasks/nginx/quote.ts'

/** Everything that the site's configuration is made from; the nginx role's schema has checked each value. */
export interface NginxSite {
  readonly domain: string
  readonly cert: string
  readonly key: string
  /** From nginx 1.25.1 on, HTTP/2 is a directive of its own; before, it is a word of `listen` (D9). */
  readonly http2: { readonly listen: string; readonly directive: string }
  /** Requests a second and client, and how many at once beyond that. */
  readonly api: { readonly rate: number; readonly burst: number }
  readonly ws: { readonly rate: number; readonly burst: number }
  /** Seconds that an answer of the API may take. */
  readonly apiTimeout: number
  /** Such as `25m`. */
  readonly maxBody: string
  readonly grafana: { readonly port: number; readonly allow: readonly string[] } | undefined
}

const tls = ({ http2, cert, key }: NginxSite): string => `listen 443 ${http2.listen};
    listen [::]:443 ${http2.listen};${http2.directive === '' ? '' : `\n    ${http2.directive}`}
    ssl_certificate ${nginxQuote(cert)};
    ssl_certificate_key ${nginxQuote(key)};
    include snippets/trueup-tls.conf;
    include snippets/trueup-headers.conf;`

const websocket = (path: string, { ws }: NginxSite): string => `
    location ${path} {
        limit_req zone=ws burst=${ws.burst} nodelay;
        proxy_pass http://backend;
        include snippets/trueup-proxy.conf;
        proxy_read_timeout 3600s;
        proxy_send_timeout 3600s;
    }`

const grafana = (site: NginxSite, { port, allow }: NonNullable<NginxSite['grafana']>): string => `
# Grafana, for the addresses of the allowlist only; an empty list lets nobody in but this host.
server {
    ${tls(site)}
    server_name grafana.${site.domain};

    location / {
        allow 127.0.0.1;
        allow ::1;
${allow.map((range) => `        allow ${range};\n`).join('')}        deny all;
        proxy_pass http://127.0.0.1:${port};
        include snippets/trueup-proxy.conf;
    }
}
`

/**
 * The site of the application: rate limits by client, the API and its WebSockets, the front end, and Grafana.
 * nginx inherits `add_header` only where a level adds none of its own, hence the headers' snippet at every such level (D10).
 */
export const nginxSite = (site: NginxSite): string => `# Managed by trueup: changes made here are put back.
limit_req_zone $binary_remote_addr zone=api:10m rate=${site.api.rate}r/s;
limit_req_zone $binary_remote_addr zone=ws:10m rate=${site.ws.rate}r/s;
limit_req_status 429;

upstream backend {
    server 127.0.0.1:8000;
    keepalive 32;
}

upstream frontend {
    server 127.0.0.1:3000;
    keepalive 16;
}

# Whoever asks for a name that is not ours gets no answer, and over TLS no certificate.
server {
    listen 80 default_server;
    listen [::]:80 default_server;
    server_name _;
    return 444;
}

server {
    listen 443 ssl default_server;
    listen [::]:443 ssl default_server;
    server_name _;
    include snippets/trueup-tls.conf;
    ssl_reject_handshake on;
}

server {
    listen 80;
    listen [::]:80;
    server_name ${site.domain} www.${site.domain}${site.grafana ? ` grafana.${site.domain}` : ''};
    include snippets/trueup-headers.conf;
    return 301 https://$host$request_uri;
}

server {
    ${tls(site)}
    server_name ${site.domain} www.${site.domain};
    client_max_body_size ${site.maxBody};

    gzip on;
    gzip_types text/plain application/json application/javascript text/css;

    location /api/ {
        limit_req zone=api burst=${site.api.burst} nodelay;
        proxy_pass http://backend;
        include snippets/trueup-proxy.conf;
        proxy_connect_timeout 10s;
        proxy_read_timeout ${site.apiTimeout}s;
    }
${websocket('/api/v1/conversation/ws', site)}
${websocket('/api/v2/conversation/ws', site)}

    location /health {
        proxy_pass http://backend;
        include snippets/trueup-proxy.conf;
    }

    location / {
        proxy_pass http://frontend;
        include snippets/trueup-proxy.conf;

        location ~* \\.(js|css|png|jpg|jpeg|gif|ico|svg|woff2)$ {
            proxy_pass http://frontend;
            include snippets/trueup-proxy.conf;
            include snippets/trueup-headers.conf;
            proxy_hide_header Cache-Control;
            add_header Cache-Control "public, max-age=31536000, immutable";
        }
    }
}
${site.grafana ? grafana(site, site.grafana) : ''}`
