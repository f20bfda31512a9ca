import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { diffManifest, down, manifest, reset, ssh, up } from '../sandbox/index.ts'
import { addressesOf, asCloudflare, EDGE, judge, on } from './judge.ts'
import { troubles } from './contract.ts'
import { trueup } from './trueup.ts'

const HOST = 'web'
const JUDGE = 'webjudge'
const DOMAIN = 'moja-dzialka.test'
const CA = '/etc/trueup-ca/ca.pem'
const SITE = '/etc/nginx/sites-available/moja-dzialka'

let v4 = ''

const put = async (host: string, name: string) => {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8')
  expect((await ssh(host, `cat > /root/${name}`, { input: text })).code).toBe(0)
}
const backends = async () => {
  await on(
    HOST,
    'systemd-run -q --unit backends python3 /root/backends.py; for n in {1..50}; do bash -c "</dev/tcp/127.0.0.1/3001" 2>/dev/null && exit; sleep 0.1; done; exit 1',
  )
}

beforeAll(async () => {
  await Promise.all([
    up([HOST]),
    judge(JUDGE, ['curl', 'python3', 'testssl.sh', 'dnsutils', 'bsdextrautils', 'openssl']),
  ])
  await reset([HOST])
  await asCloudflare(JUDGE, HOST)
  v4 = (await addressesOf(HOST)).v4
  const told = await trueup(HOST, ['base-ubuntu', 'certs', 'nginx'])
  expect(told.code, troubles(told)).toBe(0)
  await put(HOST, 'backends.py')
  for (const name of ['visitors.py', 'websocket.py']) await put(JUDGE, name)
  await backends()
  await ssh(JUDGE, 'cat > /root/ca.pem', { input: await on(HOST, `cat ${CA}`) })
})
afterAll(() => down([HOST, JUDGE]))

const curlCommand = (url: string, options: string): string => {
  const { hostname, protocol } = new URL(url)
  const port = protocol === 'https:' ? 443 : 80
  return `curl -sS -m 20 --cacert /root/ca.pem --resolve ${hostname}:${port}:${v4} ${options} '${url}'`
}

/** What a visitor is answered. */
const curl = (url: string, options = '') => ssh(JUDGE, curlCommand(url, options))

const parsed = (head: string) => {
  const [first = '', ...lines] = head.trim().split('\r\n')
  const all = lines.flatMap((line) => {
    const [, name = '', value = ''] = /^([^:]+): (.*)$/.exec(line) ?? []
    return name === '' ? [] : [[name.toLowerCase(), value] as const]
  })
  const get = (name: string) => all.filter(([one]) => one === name).map(([, value]) => value)
  return { status: Number(first.split(' ')[1]), get }
}

const EVERYWHERE = {
  'x-frame-options': 'SAMEORIGIN',
  'x-content-type-options': 'nosniff',
  'x-xss-protection': '1; mode=block',
  'referrer-policy': 'strict-origin-when-cross-origin',
}

const expectHead = (url: string, status: number, head: string) => {
  const answer = parsed(head)
  expect({ url, status: answer.status }).toEqual({ url, status })
  for (const [name, value] of Object.entries(EVERYWHERE))
    expect([url, name, answer.get(name)]).toEqual([url, name, [value]])
  if (url.startsWith('https:'))
    expect([url, answer.get('strict-transport-security')]).toEqual([url, ['max-age=63072000']])
  expect(answer.get('server')).toEqual(['nginx'])
  return answer
}

/** Asks for all of them in one session with the judge. */
const expectHeaders = async (urls: readonly string[], status: number, options = '') => {
  const all = urls.map((url) => `${curlCommand(url, `-o /dev/null -D - ${options}`)}; echo =====`).join('; ')
  const { stdout, stderr } = await ssh(JUDGE, all)
  expect({ urls, stderr }).toEqual({ urls, stderr: '' })
  const heads = stdout.split('=====\n')
  return urls.map((url, index) => expectHead(url, status, heads[index] ?? ''))
}

const WEB = `https://${DOMAIN}`
const PATHS = [
  '/',
  '/api/hello',
  '/api/v1/conversation/ws',
  '/api/v2/conversation/ws',
  '/health',
  '/app.js',
  '/favicon.ico',
]

/** A visitor of the allowlist, through Cloudflare. */
const INSIDER = `--interface ${EDGE.v4} -H 'CF-Connecting-IP: 198.51.100.90'`
const GRAFANA = `https://grafana.${DOMAIN}`

const of = (paths: readonly string[], site: string, query = '') => paths.map((path) => `${site}${path}${query}`)
const LIVE = ['/', '/api/live/x']

describe('every answer has the headers', () => {
  const cached: Readonly<Record<string, string>> = {
    '/app.js': 'public, max-age=31536000, immutable',
    '/favicon.ico': 'public, max-age=86400',
  }

  it('200 of every location, with one Cache-Control', async () => {
    const answers = await expectHeaders(of(PATHS, WEB), 200)
    expect(answers.map(({ get }) => get('cache-control'))).toEqual(PATHS.map((path) => [cached[path] ?? 'no-store']))
  })

  it('404 of every location, which is not kept for a year', async () => {
    const answers = await expectHeaders(of(PATHS, WEB, '?missing'), 404)
    expect(answers.map(({ get }) => get('cache-control'))).toEqual(
      PATHS.map((path) => (path in cached ? [] : ['no-store'])),
    )
  })

  it('301 of every location', async () => {
    const answers = await expectHeaders(of(PATHS, WEB, '?moved'), 301)
    for (const { get } of answers) expect(get('location').join()).toMatch(/\/elsewhere$/)
  })

  it('200, 301 and 404 of Grafana, for the allowlist', async () => {
    await expectHeaders(of(LIVE, GRAFANA), 200, INSIDER)
    await expectHeaders(of(LIVE, GRAFANA, '?missing'), 404, INSIDER)
    await expectHeaders(of(LIVE, GRAFANA, '?moved'), 301, INSIDER)
  })

  it('403 of Grafana, for whoever is not on the list', async () => {
    await expectHeaders(of(LIVE, GRAFANA), 403)
  })

  it('what nginx refuses itself', async () => {
    await expectHeaders([`${WEB}/upload`], 413, "-X POST -H 'Content-Length: 99999999' -d x")
    const plain = await on(JUDGE, `curl -sS -o /dev/null -D - http://${v4}:443/`)
    expectHead(`http://${v4}:443/`, 400, plain)
    const nonsense = await on(JUDGE, `curl -sS -o /dev/null -D - -H 'Host: a b' http://${v4}/`)
    expectHead(`http://${v4}/`, 400, nonsense)
  })

  it('301 of plain http, which keeps its name', async () => {
    const urls = ['', 'www.', 'grafana.'].map((host) => `http://${host}${DOMAIN}/a?b=c`)
    const answers = await expectHeaders(urls, 301)
    expect(answers.map(({ get }) => get('location'))).toEqual(urls.map((url) => [url.replace('http:', 'https:')]))
    for (const { get } of answers) expect(get('strict-transport-security')).toEqual([])
  })

  it('429 of the API and of the WebSockets', async () => {
    const flood = (path: string) =>
      ssh(
        JUDGE,
        `python3 - <<'END'
import ssl, socket
c = ssl._create_unverified_context().wrap_socket(socket.create_connection(('${v4}', 443)), server_hostname='${DOMAIN}')
c.sendall(b'GET ${path} HTTP/1.1\\r\\nHost: ${DOMAIN}\\r\\n\\r\\n' * 120)
c.settimeout(3)
got = b''
try:
    while True:
        more = c.recv(65536)
        if not more: break
        got += more
except TimeoutError: pass
print(got[got.index(b'HTTP/1.1 429 '):].split(b'\\r\\n\\r\\n')[0].decode())
END`,
      )
    for (const path of ['/api/hello', '/api/v1/conversation/ws', '/api/v2/conversation/ws']) {
      const { stdout, stderr } = await flood(path)
      expectHead(`${WEB}${path}`, 429, stdout.replaceAll(/\r?\n/g, '\r\n') || stderr)
    }
  })
})

describe('visitors', () => {
  it('60 behind one address of Cloudflare are all served; one who asks too often is told so', async () => {
    const visit = (people: number, requests: number) =>
      on(JUDGE, `python3 /root/visitors.py ${v4} ${DOMAIN} ${EDGE.v4} ${people} ${requests}`)
    const many = (await visit(60, 10)).trim()
    expect(many).toBe('200:600')
    await on(HOST, 'sleep 3')
    const abuser = (await visit(1, 200)).trim()
    expect(abuser).toMatch(/200:\d+ 429:\d+/)
    console.log(`60 visitors behind one address, 10 requests each: ${many}; one abuser, 200 requests: ${abuser}`)
  })

  it('are who Cloudflare says they are, and nobody else is believed', async () => {
    const who = `${WEB}/api/who`
    await on(HOST, 'sleep 3')
    expect((await curl(who, `--interface ${EDGE.v4} -H 'CF-Connecting-IP: 198.51.100.77'`)).stdout).toContain(
      'X-Real-IP: 198.51.100.77',
    )
    const spoofed = (await curl(who, `-H 'CF-Connecting-IP: 198.51.100.77'`)).stdout
    expect(spoofed).not.toContain('198.51.100.77')
    expect(spoofed).toContain(`X-Real-IP: ${(await addressesOf(JUDGE)).v4}`)
    expect(spoofed).toMatch(/Host: moja-dzialka\.test[\s\S]*X-Forwarded-Proto: https/)
  })

  it('talk through WebSockets', async () => {
    for (const path of ['/api/v1/conversation/ws', '/api/v2/conversation/ws'])
      expect(await on(JUDGE, `python3 /root/websocket.py ${v4} ${DOMAIN} ${path} ${EDGE.v4} 198.51.100.90`)).toBe(
        'hello from 198.51.100.90\n',
      )
    expect(
      await on(JUDGE, `python3 /root/websocket.py ${v4} grafana.${DOMAIN} /api/live/ws ${EDGE.v4} 198.51.100.90`),
    ).toBe('hello from 198.51.100.90\n')
    const stranger = await ssh(
      JUDGE,
      `python3 /root/websocket.py ${v4} grafana.${DOMAIN} /api/live/ws ${EDGE.v4} 198.51.100.91`,
    )
    expect(stranger.stderr).toContain('403')
  })

  it('speak HTTP/2 where they can, by either name', async () => {
    for (const url of [`${WEB}/`, `https://www.${DOMAIN}/`])
      expect((await curl(url, "-o /dev/null --http2 -w '%{http_version} %{response_code}'")).stdout).toBe('2 200')
  })

  it('share connections to the application', async () => {
    const count = async () => Number(await on(HOST, 'curl -s http://127.0.0.1:8000/api/connections'))
    const before = await count()
    await on(
      JUDGE,
      `for n in {1..20}; do curl -sS -o /dev/null --cacert /root/ca.pem --resolve ${DOMAIN}:443:${v4} ${WEB}/health; done`,
    )
    const opened = (await count()) - before - 1
    expect(opened).toBeLessThan(5)
    console.log(`20 visitors one after the other opened ${opened} connections to the application`)
  })
})

describe('whoever asks for another name', () => {
  it('gets no answer, and no certificate', async () => {
    expect((await curl(`http://somebody-else.test/`)).code).toBe(52)
    expect((await curl(`https://somebody-else.test/`)).stderr).toMatch(/unrecognized name/)
    expect((await ssh(JUDGE, `curl -sS -m 5 http://${v4}/`)).code).toBe(52)
  })
})

const Finding = z.looseObject({ id: z.string(), severity: z.string(), finding: z.string() })

it('testssl.sh gives it an A+', async () => {
  const command = `cd /root && rm -f t.json && testssl --quiet --color 0 --warnings off --add-ca /root/ca.pem --ip ${v4} --jsonfile t.json ${DOMAIN}:443`
  const { stdout } = await ssh(JUDGE, command, { timeout: 900_000 })
  const findings = z.array(Finding).parse(JSON.parse(await on(JUDGE, 'cat /root/t.json')))
  const grade = findings.find(({ id }) => id === 'overall_grade')?.finding
  const bad = findings.filter(({ severity }) => ['MEDIUM', 'HIGH', 'CRITICAL', 'WARN'].includes(severity))
  console.log(
    `testssl.sh: grade ${grade}, ${findings.length} findings; above LOW: ${bad.map(({ id, finding }) => `${id} (${finding})`).join(', ') || 'none'}`,
  )
  expect(grade, stdout.slice(-1500)).toBe('A+')
  // Compressed answers are what the server's description asks for, a private CA answers nobody about revocation, and the
  // judge's own openssl knows no GOST.
  expect(
    bad
      .map(({ id }) => id)
      .filter((id) => !/^(engine_problem|BREACH|cert_(crl|ocsp|revocation)|cert_.*[rR]evocation.*)/.test(id)),
  ).toEqual([])
  for (const id of ['SSLv2', 'SSLv3', 'TLS1', 'TLS1_1'])
    expect(findings.find((one) => one.id === id)?.finding).toMatch(/^not offered/)
}, 1_000_000)

describe('a configuration that does not hold', () => {
  /** A run after this was done to the host, and what it moved. */
  const after = async (command: string) => {
    await on(HOST, command)
    const before = await manifest(HOST)
    const told = await trueup(HOST, ['nginx'])
    const moved = diffManifest(before, await manifest(HOST)).filter((line) => !/unit nginx/.test(String(line)))
    return { told, moved }
  }
  const mended = async (command: string) => {
    await on(HOST, command)
    const told = await trueup(HOST, ['nginx'])
    expect(told.code, troubles(told)).toBe(0)
    await on(HOST, 'nginx -q -t')
    await expectHeaders([`${WEB}/`], 200)
  }
  const FOREIGN = '/etc/nginx/conf.d/foreign.conf'
  const EDIT = `sed -i 's/burst=20/burst=21/' ${SITE}`

  it('is refused before anything is replaced where nginx does not take it', async () => {
    const { told, moved } = await after(
      `echo '# ours' > ${SITE}; echo 'limit_req_zone $binary_remote_addr zone=api:5m rate=1r/s;' > ${FOREIGN}; nginx -q -t`,
    )
    expect(told.code, told.stdout).toBe(1)
    expect(troubles(told)).toMatch(/refused: with the new .*moja-dzialka.*nothing was replaced/)
    expect(moved).toEqual([])
    await on(HOST, 'nginx -q -t && systemctl is-active -q nginx')
    await mended(`rm ${FOREIGN}`)
  })

  it('is not told to nginx while a file of others is broken, and is told as soon as it is not', async () => {
    const { told } = await after(`${EDIT}; echo nonsense > ${FOREIGN}`)
    expect(told.code).toBe(1)
    expect(troubles(told)).toMatch(/foreign\.conf[\s\S]*was not told of it/)
    await expectHeaders([`${WEB}/`], 200)
    await on(HOST, `rm ${FOREIGN}`)
    const next = await trueup(HOST, ['nginx'])
    expect(next.code, troubles(next)).toBe(0)
    expect(next.handlers.map(({ task }) => task)).toEqual(['reload nginx'])
  })

  it('is taken back where the reload fails for a reason that nginx -t does not see, and what was there before serves', async () => {
    const { told, moved } = await after(
      `echo 'server { listen 80 default_server; return 204; }' > ${SITE}; systemctl reload nginx; sleep 1; systemd-run -q --unit taken python3 -m http.server 443 --bind 0.0.0.0; sleep 1`,
    )
    expect(told.code, told.stdout).toBe(1)
    expect(troubles(told)).toMatch(
      /goes on with its old configuration[\s\S]*Address already in use[\s\S]*serves them again/,
    )
    expect(moved).toEqual([])
    await on(HOST, 'nginx -q -t')
    expect((await ssh(JUDGE, `curl -sS -m 5 -o /dev/null -w '%{response_code}' http://${v4}/`)).stdout).toBe('204')
    await mended('systemctl stop taken')
  })

  it('is taken back where the site does not shake hands any more', async () => {
    const reject = `server { listen 443 ssl; server_name ${DOMAIN}; ssl_reject_handshake on; }`
    const { told, moved } = await after(`${EDIT}; echo '${reject}' > ${FOREIGN}; nginx -q -t`)
    expect(told.code, told.stdout).toBe(1)
    expect(troubles(told)).toMatch(
      /does not shake hands with the certificate[\s\S]*put back, and the site does not answer with them either/,
    )
    expect(told.warnings.join()).toContain('foreign.conf')
    expect(moved).toEqual([])
    await mended(`rm ${FOREIGN}`)
  })

  it('is taken back where the site answers 5xx that did not', async () => {
    const down = `server { listen 443 ssl; server_name ${DOMAIN}; ssl_certificate /root/moja-dzialka/nginx/ssl/cloudflare-origin.pem; ssl_certificate_key /root/moja-dzialka/nginx/ssl/cloudflare-origin.key; return 503; }`
    const { told, moved } = await after(`${EDIT}; echo '${down}' > ${FOREIGN}; nginx -q -t`)
    expect(told.code, told.stdout).toBe(1)
    expect(troubles(told)).toMatch(/answers 503; with the configuration of before it was 200/)
    expect(moved).toEqual([])
    await mended(`rm ${FOREIGN}`)
  })
})

it('a package that was removed is installed again, with no site but ours', async () => {
  const before = await manifest(HOST)
  await on(HOST, 'apt-get remove -yq nginx')
  const told = await trueup(HOST, ['nginx'])
  expect(told.code, troubles(told)).toBe(0)
  expect(told.tasks.filter(({ status }) => status === 'changed').map(({ task }) => task)).toContain('apt install nginx')
  const moved = diffManifest(before, await manifest(HOST)).filter((line) =>
    /\/etc\/nginx|moja-dzialka/.test(String(line)),
  )
  expect(moved).toEqual([])
  await expectHeaders([`${WEB}/`], 200)
})

it('502 where the application is down has the headers, too', async () => {
  await on(HOST, 'systemctl stop backends')
  await on(HOST, 'sleep 3')
  await expectHeaders(of(PATHS, WEB), 502)
  await expectHeaders(of(LIVE, GRAFANA), 502, INSIDER)
})
