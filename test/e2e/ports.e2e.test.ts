import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { down, inventoryFile, ssh } from '../sandbox/index.ts'
import { troubles } from './contract.ts'
import { grounded } from './ground.ts'
import { addressesOf, asCloudflare, EDGE, judge, on } from './judge.ts'
import { trueup } from './trueup.ts'

const HOST = 'ports'
const OUTSIDE = 'outsider'
const folder = mkdtempSync(join(tmpdir(), 'trueup-ports-'))

beforeAll(async () => {
  await Promise.all([grounded(HOST, ['base-ubuntu']), judge(OUTSIDE, ['nmap', 'python3'])])
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await down([HOST, OUTSIDE])
})

/** The open TCP ports of the host as the outsider, or Cloudflare's edge, sees them. */
const open = async (version: 4 | 6, from: 'outside' | 'edge', ports: string): Promise<number[]> => {
  const target = (await addressesOf(HOST))[version === 4 ? 'v4' : 'v6']
  const source = from === 'outside' ? '' : `-S ${version === 4 ? EDGE.v4 : EDGE.v6} -e eth0`
  const told = await on(
    OUTSIDE,
    `nmap ${version === 6 ? '-6' : ''} -sS -Pn -n ${ports} --min-rate 5000 --max-retries 2 ${source} -oG - ${target}`,
  )
  expect(told, told).toContain('Host: ')
  return [...told.matchAll(/(\d+)\/open\//g)].map(([, port]) => Number(port))
}

const seen = async (ports: string) => {
  const [v4, v6, edge4, edge6] = await Promise.all([
    open(4, 'outside', ports),
    open(6, 'outside', ports),
    open(4, 'edge', ports),
    open(6, 'edge', ports),
  ])
  return { v4, v6, edge4, edge6 }
}

const CLOSED = { v4: [22], v6: [22], edge4: [22, 80, 443], edge6: [22, 80, 443] }
/** Whatever is of interest, and a thousand others. */
const SOME = '-p 22,80,443,8080-8083,20000-20999'

const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  const started = performance.now()
  const result = await work()
  console.log(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return result
}

/** A web server on the host, and containers: one published to the world, two without an address, one that only asks. */
const SERVICES = `
set -e
cat > /root/web.py <<'X'
import socket, threading
def serve(port):
    server = socket.create_server(('', port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    while True:
        server.accept()[0].close()
for port in (80, 443): threading.Thread(target=serve, args=(port,)).start()
X
printf '[Service]\\nExecStart=python3 /root/web.py\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/web.service
systemctl enable -q --now web
cd /root && apt-get download -q busybox-static >/dev/null && mkdir -p image/www && dpkg -x busybox-static_*.deb image
[ -e image/bin/busybox ] || { mkdir -p image/bin; cp image/usr/bin/busybox image/bin/; }
echo hello > image/www/index.html
printf '#!/bin/busybox sh\\ntrap "exit 0" TERM\\n/bin/busybox httpd -f -p 80 -h /www & wait\\n' > image/serve && chmod +x image/serve
tar -C image -c . | docker import -c 'CMD ["/serve"]' - web >/dev/null
docker network create apps >/dev/null
run() { name=$1; shift; docker run -d --restart unless-stopped --name "$name" "$@" web >/dev/null; }
run world -p 0.0.0.0:8080:80 -p '[::]:8081:80'
run local -p 8082:80
run apps --network apps -p 8083:80
run asks --network apps`

/** What must go on: the engine's own traffic, and what the host asks of its containers. */
const WORKS = (outsider: string) => `
set -e
for port in 8080 8082 8083; do [ "$(curl -sS -m 5 http://127.0.0.1:$port/)" = hello ]; done
[ "$(docker exec asks /bin/busybox wget -T 5 -qO- http://apps/)" = hello ]
docker exec asks /bin/busybox wget -T 5 -qO- http://${outsider}:9000/ | grep -q Directory
docker exec world /bin/busybox wget -T 5 -qO- http://${outsider}:9000/ | grep -q Directory
ss -Htln | awk '{print $4}' | grep -E ':808[23]$' | sort | tr '\\n' ' '`

const works = async () =>
  expect((await on(HOST, WORKS((await addressesOf(OUTSIDE)).v4))).trim()).toBe('127.0.0.1:8082 127.0.0.1:8083')

const bootId = async () => (await ssh(HOST, 'cat /proc/sys/kernel/random/boot_id')).stdout.trim()

const reboot = async () => {
  const before = await bootId()
  await ssh(HOST, 'systemctl reboot')
  await expect.poll(bootId, { timeout: 120_000, interval: 500 }).not.toSatisfy((id) => id === '' || id === before)
  await on(
    HOST,
    'systemctl is-system-running --wait >/dev/null; until docker exec world /bin/busybox true; do sleep 0.5; done',
  )
  await asCloudflare(OUTSIDE, HOST)
}

/** The sandbox's inventory with other variables for ufw. */
const inventory = (ufw: object): string => {
  const known = z
    .looseObject({ vars: z.record(z.string(), z.unknown()) })
    .parse(parse(readFileSync(inventoryFile, 'utf8')))
  const path = join(folder, 'inventory.yml')
  writeFileSync(path, stringify({ ...known, vars: { ...known.vars, ufw } }), { mode: 0o600 })
  return path
}

describe('what can be reached from outside', () => {
  it('is ssh alone while there is no firewall yet', async () => {
    const listening = await on(
      HOST,
      `ss -Htuln | awk '{print $1, $5}' | grep -vE ' (127\\.[0-9.]+|\\[::1\\])(%lo)?:' || :`,
    )
    expect(listening.trim().split('\n').sort()).toEqual(['tcp 0.0.0.0:22', 'tcp [::]:22'])
  })

  it('is ssh for everybody, and the web for Cloudflare, with a container published to the world', async () => {
    const told = await timed('ufw, docker', () => trueup(HOST, ['ufw', 'docker']))
    expect(told.code, troubles(told)).toBe(0)
    await on(HOST, SERVICES)
    await on(
      OUTSIDE,
      'systemd-run -q --unit=answers python3 -m http.server 9000; until (: > /dev/tcp/127.0.0.1/9000) 2>/dev/null; do sleep 0.2; done',
    )
    await asCloudflare(OUTSIDE, HOST)
    await works()
    expect(await timed('four scans of 65,535 ports', () => seen('-p-'))).toEqual(CLOSED)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['the engine was restarted', () => on(HOST, 'systemctl restart docker')],
    ['ufw was reloaded', () => on(HOST, 'ufw reload')],
    ['kernel settings were loaded again', () => on(HOST, 'sysctl -q --system')],
    ['the host was rebooted', reboot],
  ])('stays so when %s (F28)', async (what, act) => {
    await timed(what, act)
    await works()
    expect(await timed('four scans of 1,007 ports', () => seen(SOME))).toEqual(CLOSED)
    const again = await trueup(HOST, ['ufw', 'docker'])
    expect(again.tasks.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(again.trips).toBe(1)
  })

  it('is a published port as soon as its rules are gone, until one task mends that', async () => {
    await on(HOST, 'iptables -F DOCKER-USER')
    expect(await open(4, 'outside', SOME)).toEqual([22, 8080])
    const told = await trueup(HOST, ['ufw'])
    expect(told.tasks.filter(({ status }) => status === 'changed').map(({ task }) => task)).toEqual(['ufw enabled'])
    expect(await open(4, 'outside', SOME)).toEqual([22])
    await works()
  })

  it('is what the inventory allows: ports, ranges, sources, interfaces, and published ports', async () => {
    await on(HOST, 'ufw allow 7777/tcp')
    const { warnings } = await trueup(HOST, ['ufw'])
    expect(warnings).toEqual([expect.stringContaining('allow 7777/tcp; name them in `ufw.allow`')])
    const { v4, v6 } = await addressesOf(OUTSIDE)
    const path = inventory({
      exactly: true,
      web: 'anywhere',
      allow: [
        '20000:20002/tcp',
        { port: 20010, proto: 'tcp', from: v4, comment: 'for one' },
        { port: 20011, proto: 'tcp', interface: 'eth0' },
        { port: 20012, proto: 'tcp', from: v6 },
      ],
      published: [{ port: 8080, from: v4 }],
    })
    const told = await trueup(HOST, ['ufw'], '--inventory', path)
    expect(told.code, troubles(told)).toBe(0)
    expect(await on(HOST, 'ufw status')).toMatch(/^20000:20002\/tcp +ALLOW +Anywhere/m)
    expect(await on(HOST, 'ufw status')).toMatch(/20010\/tcp +ALLOW +[0-9.]+ +# for one/)
    expect(await on(HOST, 'ufw status')).not.toContain('7777')
    // Nothing listens there: what is let in is refused by the host itself, and what is not stays without an answer.
    const refused = async (version: 4 | 6, from: 'outside' | 'edge') => {
      const target = (await addressesOf(HOST))[version === 4 ? 'v4' : 'v6']
      const source = from === 'outside' ? '' : `-S ${version === 4 ? EDGE.v4 : EDGE.v6} -e eth0`
      const text = await on(
        OUTSIDE,
        `nmap ${version === 6 ? '-6' : ''} -sS -Pn -n -p 20000-20012 ${source} -oG - ${target}`,
      )
      return [...text.matchAll(/(\d+)\/closed\//g)].map(([, port]) => Number(port))
    }
    expect(await refused(4, 'outside')).toEqual([20000, 20001, 20002, 20010, 20011])
    expect(await refused(4, 'edge')).toEqual([20000, 20001, 20002, 20011])
    expect(await refused(6, 'outside')).toEqual([20000, 20001, 20002, 20011, 20012])
    expect(await seen('-p 22,80,443,8080-8083')).toEqual({
      v4: [22, 80, 443, 8080],
      v6: [22, 80, 443],
      edge4: [22, 80, 443],
      edge6: [22, 80, 443],
    })
    const again = await trueup(HOST, ['ufw'], '--inventory', path)
    expect({ code: again.code, trips: again.trips }).toEqual({ code: 0, trips: 1 })
  })
})
