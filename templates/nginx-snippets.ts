const MANAGED = '# Managed by trueup: changes made here are put back.\n'

/** Mozilla's intermediate profile: TLS 1.2 and 1.3 with forward secrecy only (D13). */
export const tls = `${MANAGED}ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
ssl_prefer_server_ciphers off;
ssl_session_cache shared:TLS:10m;
ssl_session_timeout 1d;
ssl_session_tickets off;
`

/**
 * What every answer says of itself; also that it does not tell nginx's version. Debian 13 sets server_tokens for the whole
 * of http already, so it is said again where a server is.
 *
 * @param hsts - seconds for which browsers are to insist on TLS; 0 leaves the header out
 */
export const headers = (hsts: number): string => `${MANAGED}server_tokens off;
add_header X-Frame-Options "SAMEORIGIN" always;
add_header X-Content-Type-Options "nosniff" always;
add_header X-XSS-Protection "1; mode=block" always;
add_header Referrer-Policy "strict-origin-when-cross-origin" always;
${hsts > 0 ? `add_header Strict-Transport-Security "max-age=${hsts}" always;\n` : ''}`

/** What a backend must know of a request, and connections that are kept or upgraded as the request asks (D11). */
export const proxy = `${MANAGED}proxy_http_version 1.1;
proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $trueup_connection;
`

/**
 * For the http level: the client's real address behind Cloudflare (D5), and the map that keeps or upgrades connections.
 *
 * @param trusted - ranges whose CF-Connecting-IP header is believed
 */
export const http = (trusted: readonly string[]): string => `${MANAGED}map $http_upgrade $trueup_connection {
    default upgrade;
    '' '';
}

${trusted.map((range) => `set_real_ip_from ${range};\n`).join('')}${trusted.length > 0 ? 'real_ip_header CF-Connecting-IP;\n' : ''}`
