import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { Secret } from '../../lib/index.ts'
import { Vars } from '../../roles/monitoring/vars.ts'
import { alertmanagerConfig } from '../../templates/monitoring/alertmanager.ts'
import { alloyConfig } from '../../templates/monitoring/alloy.ts'
import { monitoringServices, sharedBy } from '../../templates/monitoring/compose.ts'
import { dashboardJson, dashboards } from '../../templates/monitoring/dashboards/index.ts'
import { grafanaDatasources, grafanaProvider } from '../../templates/monitoring/grafana.ts'
import { lokiConfig } from '../../templates/monitoring/loki.ts'
import { SERVICES } from '../../templates/monitoring/ports.ts'
import { prometheusConfig } from '../../templates/monitoring/prometheus.ts'
import { alerts, rulesFile } from '../../templates/monitoring/rules.ts'
import { yaml } from '../../templates/monitoring/yaml.ts'
import { KNOWN, metricsOf } from './metrics.ts'

const SITE = { domain: 'moja-dzialka.pl', project: 'moja-dzialka', dir: '/root/moja-dzialka' }
const PASSWORDS = {
  grafana: { password: 'g-secret' },
  postgres: { password: 'p-secret' },
  redis: { password: 'r-secret' },
}
const full = Vars.parse(PASSWORDS)

const File = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      restart: z.string(),
      network_mode: z.string().optional(),
      ports: z.array(z.string()).optional(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      volumes: z.array(z.string()).optional(),
      deploy: z.object({ resources: z.object({ limits: z.object({ memory: z.string() }) }) }),
    }),
  ),
  volumes: z.record(z.string(), z.object({ name: z.string() })),
  networks: z.record(z.string(), z.object({ name: z.string(), external: z.boolean().optional() })),
})
const text = yaml({
  services: monitoringServices({ ...SITE, ...full, days: full.keep.metrics }, SERVICES),
  ...sharedBy(SITE.project, SERVICES),
})

describe('the compose file', () => {
  const { services, volumes, networks } = File.parse(parse(text))

  it('is as it was', () => {
    expect(text).toMatchSnapshot()
  })

  it('has nothing that is reachable from outside', () => {
    for (const [name, { network_mode, ports = [], command = [], environment = {} }] of Object.entries(services)) {
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
      if (network_mode === undefined) continue
      expect(network_mode, name).toBe('host')
      const listening = [
        ...command.flatMap(
          (word) => /^--(?:web\.listen-address|server\.http\.listen-addr)=(.*)$/.exec(word)?.[1] ?? [],
        ),
        ...(environment['GF_SERVER_HTTP_ADDR'] === undefined ? [] : [`${environment['GF_SERVER_HTTP_ADDR']}:1`]),
      ]
      expect(listening, name).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/)])
    }
  })

  it('restarts everything, and caps it below 2 GB in all', () => {
    const amounts = Object.values(services).map(({ restart, deploy }) => {
      expect(restart).toBe('unless-stopped')
      return Number(/^(\d+)M$/.exec(deploy.resources.limits.memory)?.[1])
    })
    expect(amounts.length).toBe(SERVICES.length)
    expect(amounts.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(2048)
  })

  it('mounts folders of configuration, never single files', () => {
    for (const { volumes: mounts = [] } of Object.values(services))
      for (const mount of mounts.filter((one) => one.startsWith('./')))
        expect(mount).toMatch(/^\.\/monitoring\/[a-z/]+:\/etc\/[a-z/]+:ro$/)
  })

  it('has volumes and networks by the names of the server’s description', () => {
    expect(Object.values(volumes).map(({ name }) => name)).toEqual(
      ['prometheus', 'grafana', 'alertmanager', 'loki', 'alloy'].map((one) => `moja-dzialka_${one}_data`),
    )
    expect(networks['stack']).toEqual({ name: 'moja-dzialka', external: true })
  })

  it('shows the host itself to node-exporter (D36)', () => {
    expect(services['node-exporter']).toMatchObject({
      network_mode: 'host',
      volumes: expect.arrayContaining(['/:/rootfs:ro,rslave']),
      command: expect.arrayContaining(['--path.rootfs=/rootfs', '--web.listen-address=127.0.0.1:9100']),
    })
  })

  it('has no secret in it, and no default for one', () => {
    for (const { password } of Object.values(PASSWORDS)) expect(text).not.toContain(password)
    expect(text).toContain('${GRAFANA_PASSWORD:?}')
    expect(text).not.toContain(':-')
  })

  it('needs the network of the stack for databases only', () => {
    expect(sharedBy('x', ['prometheus', 'nginx-exporter'])['networks']).toEqual({ default: { name: 'x-monitoring' } })
  })
})

describe('metrics', () => {
  it.each([
    ['100 * sum by (mode) (rate(a_b{x!="y"}[5m])) / scalar(count(c:d))', ['a_b', 'c:d']],
    ['a offset 5m and on (b) c > bool 1e3 or vector(0)', ['a', 'c']],
    ['absent(up{job="up_down"}) unless ignoring(x) up == 0', ['up', 'up']],
  ])('of %s are %j', (expr, names) => {
    expect(metricsOf(expr)).toEqual(names)
  })

  const rules = alerts({ project: 'moja-dzialka', thresholds: full.alerts.thresholds, nginx: true })
  const boards = dashboards('moja-dzialka', { nginx: true, postgres: true, redis: true })
  const expressions = [
    ...Object.values(rules).flatMap((list) => list.map(({ alert, expr }) => [alert, expr] as const)),
    ...Object.values(boards).flatMap(({ title, panels }) =>
      panels.flatMap((panel) =>
        panel.kind === 'logs' ? [] : panel.queries.map(({ expr }) => [`${title} / ${panel.title}`, expr] as const),
      ),
    ),
  ]
  it.each(expressions)('that “%s” asks for are told by an exporter', (_, expr) => {
    const names = metricsOf(expr)
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => !KNOWN.has(name))).toEqual([])
  })
})

describe('dashboards', () => {
  const Board = z.object({
    uid: z.string(),
    title: z.string(),
    panels: z.array(
      z.object({
        id: z.int(),
        type: z.enum(['timeseries', 'stat', 'logs']),
        title: z.string(),
        gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
        datasource: z.object({ uid: z.enum(['prometheus', 'loki']) }),
        targets: z.array(z.object({ refId: z.string(), expr: z.string() })).min(1),
      }),
    ),
  })
  const all = Object.entries(dashboards('moja-dzialka', { nginx: true, postgres: true, redis: true }))

  it.each(all)('%s is JSON as Grafana reads it, and its panels lie beside one another', (_, dashboard) => {
    const { panels } = Board.parse(JSON.parse(dashboardJson(dashboard)))
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const [index, { gridPos: one }] of panels.entries()) {
      expect(one.x + one.w).toBeLessThanOrEqual(24)
      for (const { gridPos: other } of panels.slice(index + 1))
        expect(
          one.x + one.w <= other.x ||
            other.x + other.w <= one.x ||
            one.y + one.h <= other.y ||
            other.y + other.h <= one.y,
        ).toBe(true)
    }
  })

  it('have addresses of their own', () => {
    expect(new Set(all.map(([, { uid }]) => uid)).size).toBe(6)
    expect(Object.keys(dashboards('x', { nginx: false, postgres: false, redis: false }))).toEqual([
      'host',
      'containers',
      'backups',
    ])
  })
})

describe('configurations', () => {
  it.each([
    ['prometheus.yml', prometheusConfig({ host: 'web1', services: SERVICES })],
    ['trueup.yml', rulesFile({ project: 'moja-dzialka', thresholds: full.alerts.thresholds, nginx: true })],
    ['loki.yml', lokiConfig(30)],
    ['config.alloy', alloyConfig()],
    ['datasources', grafanaDatasources()],
    ['provider', grafanaProvider()],
    ['alertmanager.yml', alertmanagerConfig({ webhook: false, repeatHours: 4 })],
    [
      'alertmanager.yml for both',
      alertmanagerConfig({
        webhook: true,
        repeatHours: 4,
        mail: {
          to: ['a@example.org', 'b@example.org'],
          from: 'c@example.org',
          smarthost: 'mail.example.org:587',
          user: 'u',
        },
      }),
    ],
  ])('%s is as it was', (_, content) => {
    expect(content).toMatchSnapshot()
  })

  it.each([
    ['192.0.2.1 - - [24/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8"', '200'],
    ['192.0.2.1 - - [24/Nov/2026:10:00:00 +0000] "GET /\\x22 500 HTTP/1.1" 404 612 "-" "a 503 b"', '404'],
    ['2001:db8::1 - - [24/Nov/2026:10:00:00 +0000] "" 400 0 "-" "-"', '400'],
    ['not a line of an access log', undefined],
  ])('Alloy reads of %j the status %s', (line, status) => {
    const [, expression = ''] = /expression = "(.*)"$/m.exec(alloyConfig()) ?? []
    // Alloy's strings have backslashes before quotes; Go's named groups have a P.
    const pattern = new RegExp(expression.replaceAll('\\"', '"').replace('?P<', '?<'))
    expect(pattern.exec(line)?.groups?.['status']).toBe(status)
  })
})

describe('variables', () => {
  it('need a password for Grafana, which is a secret from then on', () => {
    expect(full.grafana.password).toBeInstanceOf(Secret)
    for (const none of [{}, { grafana: {} }, { grafana: { password: '' } }])
      expect(Vars.safeParse(none).success, JSON.stringify(none)).toBe(false)
  })

  it.each([
    { images: { grafana: 'grafana grafana' } },
    { alerts: { mail: { to: [], from: 'a', smarthost: 'b:25' } } },
    { alerts: { mail: { to: ['a'], from: 'a', smarthost: 'mail.example.org' } } },
    { alerts: { thresholds: { diskFree: 101 } } },
    { keep: { metrics: 0 } },
    { memory: { prometheus: '1g' } },
    { watch: { mongo: true } },
  ])('refuse %j', (vars) => {
    expect(Vars.safeParse({ ...PASSWORDS, ...vars }).success).toBe(false)
  })
})
