import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { prelude } from '../../lib/language/prelude.ts'
import { spell } from '../../lib/session/compose.ts'
import { Vars } from '../../roles/monitoring/vars.ts'
import { file } from '../../tasks/file.ts'
import { valid } from '../../tasks/prometheus.ts'
import { appRepository } from '../sandbox/application.ts'
import { down, ssh } from '../sandbox/index.ts'
import { images } from '../sandbox/registry/index.ts'
import { VARS } from '../sandbox/vars.ts'
import { alerts } from '../../templates/monitoring/rules.ts'
import { firing, STEPS, testFile } from '../templates/rule-tests.ts'
import { holdsTo, mends, troubles } from './contract.ts'
import { grounded } from './ground.ts'
import { on } from './judge.ts'
import { monitoringMischief } from './mischief-monitoring.ts'
import { trueup } from './trueup.ts'

// Prometheus, Alertmanager and the exporters are the real programs; Grafana, Loki, Alloy and cAdvisor are stand-ins
// (test/sandbox/registry/README.md): what they would make of their configurations is not shown here.

const HOST = 'monitoring'
const DIR = '/root/moja-dzialka'
const RULES = `${DIR}/monitoring/prometheus/rules/trueup.yml`
const GROUND = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx']
const { images: IMAGES, alerts: ALERTS } = Vars.parse({ grafana: { password: 'unused' } })
const { password: PASSWORD } = z
  .object({ grafana: z.object({ password: z.string() }) })
  .parse(VARS['monitoring']).grafana

beforeAll(async () => {
  await grounded(HOST, GROUND)
  await images()
  await appRepository(HOST, [{ version: '1' }])
  const told = await trueup(HOST, ['compose-stack'])
  expect(told.code, troubles(told)).toBe(0)
})
afterAll(() => down([HOST]))

const Targets = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({ labels: z.object({ job: z.string() }), health: z.string(), lastError: z.string() }),
    ),
  }),
})
const targets = async () => {
  const { data } = Targets.parse(JSON.parse(await on(HOST, 'curl -fsS http://127.0.0.1:9090/api/v1/targets')))
  return data.activeTargets.map(({ labels, health, lastError }) => `${labels.job} ${health} ${lastError}`.trim()).sort()
}

const Answer = z.object({ data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }) })
/** What Prometheus answers to a question; waits until there is an answer. */
const ask = async (expr: string): Promise<string[]> => {
  const stdout = await on(
    HOST,
    `for i in $(seq 60); do r=$(curl -fsS --get http://127.0.0.1:9090/api/v1/query --data-urlencode 'query=${expr}'); case $r in *'"value"'*) break ;; esac; sleep 1; done; echo "$r"`,
  )
  return Answer.parse(JSON.parse(stdout)).data.result.map(({ value }) => value[1])
}

/** What Grafana answers to the administrator, whose password comes by the standard input. */
const grafana = async (path: string, password = PASSWORD) => {
  const user = `admin:${password}`.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
  const { stdout } = await ssh(HOST, `curl -sS -w '\\n%{http_code}' -K - 'http://127.0.0.1:3001${path}'`, {
    input: `user = "${user}"\n`,
  })
  const [, body = '', code = ''] = /^(.*)\n(\d+)$/s.exec(stdout) ?? []
  return { code, body }
}

const started = (service: string) =>
  on(
    HOST,
    `docker inspect -f '{{.Id}} {{.State.StartedAt}} {{.State.Pid}}' $(docker ps -q --filter label=com.docker.compose.service=${service})`,
  )

describe('the monitoring', () => {
  it('comes up on a host that has never had it, as foretold', async () => {
    const { dry, first, second } = await holdsTo(HOST, ['monitoring'])
    const count = (status: string) => dry.tasks.filter((task) => task.status === status).length
    console.log(
      `${dry.tasks.length} tasks; foretold: ${count('would-change')} changes, ${count('unknown')} unknown; first run: ${first.trips} trips; second: ${second.trips}`,
    )
  })

  it('has every container up, and healthy where its image can tell', async () => {
    const states = await on(
      HOST,
      'docker ps -a --filter label=com.docker.compose.project=moja-dzialka-monitoring --format \'{{.Label "com.docker.compose.service"}} {{.State}} {{.Status}}\' | sort',
    )
    const lines = states.trim().split('\n')
    expect(lines).toHaveLength(10)
    for (const line of lines)
      expect(line).toMatch(
        /^(prometheus|grafana|alertmanager|node-exporter|cadvisor) running Up .*\(healthy\)$|^(loki|alloy|(postgres|redis|nginx)-exporter) running Up/,
      )
  })

  it('has every target up, through the firewall', async () => {
    await ask('count(up) == 10 and min(up) == 1')
    expect(await targets()).toEqual(
      ['alertmanager', 'alloy', 'cadvisor', 'grafana', 'loki', 'nginx', 'node', 'postgres', 'prometheus', 'redis'].map(
        (job) => `${job} up`,
      ),
    )
  })

  it.each([
    ['databases and the web server answer', 'min({__name__=~"pg_up|redis_up|nginx_up"})', '1'],
    ['the network is the host’s', 'count(node_network_receive_bytes_total{device="docker0"})', '1'],
    // The sandbox's root is an overlay, which node-exporter passes over.
    ['file systems are the host’s', 'count(node_filesystem_size_bytes{mountpoint="/tmp",fstype="tmpfs"})', '1'],
    ['an Alertmanager hears of alerts', 'prometheus_notifications_alertmanagers_discovered', '1'],
    ['the configuration is loaded', 'prometheus_config_last_reload_successful', '1'],
  ])('sees that %s', async (_, expr, value) => {
    expect(await ask(expr)).toEqual([value])
  })

  it('knows when the certificate expires, and when a backup was made', async () => {
    await on(HOST, `systemctl start trueup-certificates.service && ${DIR}/scripts/backup.sh`)
    const now = Date.now() / 1000
    const [until = '0'] = await ask('moja_dzialka_certificate_not_after_timestamp_seconds')
    expect(Number(until) - now).toBeGreaterThan(300 * 86_400)
    const [backup = '0'] = await ask('moja_dzialka_backup_last_success_timestamp_seconds')
    expect(Math.abs(Number(backup) - now)).toBeLessThan(120)
  })

  it('lets the administrator in by the password of the inventory only, and has its data sources and dashboards', async () => {
    expect((await grafana('/api/health')).body).toContain('"database": "ok"')
    expect([(await grafana('/api/org')).code, (await grafana('/api/org', 'admin')).code]).toEqual(['200', '401'])
    const sources = z.array(z.object({ uid: z.string() })).parse(JSON.parse((await grafana('/api/datasources')).body))
    expect(sources.map(({ uid }) => uid)).toEqual(['prometheus', 'loki', 'alertmanager'])
    const boards = z
      .array(z.object({ title: z.string() }))
      .parse(JSON.parse((await grafana('/api/search?type=dash-db')).body))
    expect(boards.map(({ title }) => title).sort()).toEqual([
      'Backups',
      'Containers',
      'Host',
      'PostgreSQL',
      'Redis',
      'nginx',
    ])
  })

  it('can be reached on the loopback only', async () => {
    const published = await on(HOST, "docker ps --format '{{.Ports}}'")
    expect(published.match(/(0\.0\.0\.0|\[::\]):\d+->/g)).toBeNull()
    const listening = (await on(HOST, `ss -Hltn | awk '{print $4}' | sort -u`)).trim().split('\n')
    const ports = [3001, 3100, 8080, 8090, 9090, 9093, 9100, 9113, 9121, 9187, 12345]
    for (const port of ports)
      expect([port, listening.filter((one) => one.endsWith(`:${port}`))]).toEqual([port, [`127.0.0.1:${port}`]])
    expect(listening.filter((one) => !/^(127\.|\[::1\])/.test(one)).sort()).toEqual(
      ['0.0.0.0:22', '0.0.0.0:443', '0.0.0.0:80', '[::]:22', '[::]:443', '[::]:80'].sort(),
    )
  })

  it('shows no password to whoever looks at the project or at processes', async () => {
    const { stdout } = await ssh(HOST, `grep -rlF -f - ${DIR} /proc/[0-9]*/cmdline 2>/dev/null | sort`, {
      input: 'sandbox $grafana',
    })
    const known = [`${DIR}/.last-good/monitoring/.env`, `${DIR}/monitoring/.env`]
    expect(stdout.trim().split('\n')).toEqual(known)
    expect(await on(HOST, `stat -c '%a %U' ${known.join(' ')}`)).toBe('600 root\n600 root\n')
  })
})

describe('an alert', () => {
  const server =
    'import http.server as h\nclass R(h.BaseHTTPRequestHandler):\n def do_POST(s):\n  print(s.path, s.rfile.read(int(s.headers["Content-Length"])).decode(), flush=True)\n  s.send_response(200); s.end_headers()\nh.HTTPServer(("", 8000), R).serve_forever()'

  it('reaches the receiver of the inventory', async () => {
    await on(
      HOST,
      `docker run -d --rm --name receiver --network moja-dzialka-monitoring python:3.12-slim python3 -c '${server}'`,
    )
    const alert = [{ labels: { alertname: 'Drill', severity: 'critical' }, annotations: { summary: 'a drill' } }]
    await on(
      HOST,
      `curl -fsS -H 'Content-Type: application/json' -d '${JSON.stringify(alert)}' http://127.0.0.1:9093/api/v2/alerts`,
    )
    const told = await on(
      HOST,
      'for i in $(seq 90); do docker logs receiver 2>&1 | grep Drill && break; sleep 1; done; docker rm -f receiver >/dev/null',
    )
    expect(told).toMatch(/^\/alerts .*"status":"firing".*"summary":"a drill"/)
  })
})

describe('rules', () => {
  it.each(STEPS)('pass promtool of the image that runs, each alert with its case (a value every %s)', async (step) => {
    const all = Object.values(alerts({ project: 'moja-dzialka', thresholds: ALERTS.thresholds, nginx: true })).flat()
    const tests = firing(step, all)
    expect(tests.length).toBeGreaterThan(0)
    const { code, stdout, stderr } = await ssh(
      HOST,
      `cd "$(mktemp -d)" && mkdir rules && cp ${RULES} rules/ && cat > tests.yml && tar -c rules tests.yml | docker run -i --rm --network none --tmpfs /check:mode=1777 -w /check --entrypoint sh ${IMAGES.prometheus} -c 'mkdir it && cd it && tar -x && promtool test rules tests.yml'`,
      { input: testFile(step, tests) },
    )
    expect(code, stdout + stderr).toBe(0)
    expect(stdout + stderr).toContain('SUCCESS')
  })

  it('that Prometheus would not take are refused before they are in place', async () => {
    const tree = `${DIR}/monitoring/prometheus`
    const look = async () => [
      await started('prometheus'),
      await on(HOST, `sha256sum ${RULES}; ls -A ${tree}/rules`),
      await on(HOST, 'curl -fsS http://127.0.0.1:9090/api/v1/rules | grep -o \'"name":"[A-Za-z]*"\' | sort'),
    ]
    const before = await look()
    const content = 'groups: [{ name: x, rules: [{ alert: X, expr: "up ==" }] }]'
    const broken = file({ path: RULES, content, validate: valid(IMAGES.prometheus, tree) })
    if (broken.kind !== 'task') throw new Error(broken.kind)
    const state = { type: 'file', mode: '0644', owner: 'root', group: 'root', target: null, sha256: '' } as const
    const { code, stderr } = await ssh(
      HOST,
      `${prelude}\n${spell(broken.apply({ now: state, changes: [], keys: [] }))}`,
    )
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('could not parse expression') })
    expect(await look()).toEqual(before)
  })

  it('that changed are taken up without a restart', async () => {
    const before = await started('prometheus')
    const rules = () => on(HOST, 'curl -fsS http://127.0.0.1:9090/api/v1/rules')
    await on(HOST, `sed -i 's/for: 10m/for: 11m/' ${RULES} && curl -fsS -X POST http://127.0.0.1:9090/-/reload`)
    expect(await rules()).toContain('"duration":660')
    const told = await trueup(HOST, ['monitoring'])
    expect(told.code, troubles(told)).toBe(0)
    expect(await rules()).not.toContain('"duration":660')
    expect(await started('prometheus')).toBe(before)
  })
})

describe('behind the tool’s back', () => {
  it.each(monitoringMischief)('mend $name', async (one) => await mends(HOST, one))
})
