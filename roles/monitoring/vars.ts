import * as z from 'zod'
import { image, maybeSecret, secret } from '../../lib/index.ts'

const mb = (fallback: number) => z.int().min(16).default(fallback)

const mail = z.strictObject({
  to: z.array(z.string()).min(1),
  from: z.string(),
  smarthost: z.string().regex(/^[^:\s]+:\d+$/, 'a server and its port, such as mail.example.org:587'),
  user: z.string().optional(),
  password: secret('mail password').optional(),
})

/** What the inventory can say of the role. */
export const Vars = z.strictObject({
  grafana: z.strictObject(
    { password: secret('Grafana password').describe("The administrator's; it has no default") },
    {
      error: ({ input }) => (input === undefined ? 'lacks password: the administrator has no default one' : undefined),
    },
  ),
  watch: z
    .strictObject({
      nginx: z.boolean().default(true),
      postgres: z.boolean().default(true),
      redis: z.boolean().default(true),
    })
    .prefault({})
    .describe('What else than the host and its containers is watched'),
  postgres: z
    .strictObject({
      user: z.string().default('app'),
      database: z.string().default('moja_dzialka'),
      password: secret('PostgreSQL password').optional().describe("Compose-stack's, where the same run has that role"),
    })
    .prefault({}),
  redis: z
    .strictObject({
      password: secret('Redis password').optional().describe("Compose-stack's, where the same run has that role"),
    })
    .prefault({}),
  keep: z
    .strictObject({ metrics: z.int().min(1).default(30), logs: z.int().min(1).default(30) })
    .prefault({})
    .describe('Days'),
  alerts: z
    .strictObject({
      webhook: maybeSecret().optional().describe('An address that alerts are posted to'),
      mail: mail.optional(),
      repeatHours: z.int().min(1).default(4).describe('How often an alert that goes on is told again'),
      thresholds: z
        .strictObject({
          diskFree: z.number().min(0).max(100).default(10).describe('Percent'),
          memoryFree: z.number().min(0).max(100).default(10).describe('Percent'),
          restarts: z.int().min(2).default(3).describe('Starts of one container in a quarter of an hour'),
          certificateDays: z.int().min(1).default(14),
          backupHours: z.int().min(1).default(26),
          restoreTestDays: z.int().min(1).default(8),
          errors: z.number().min(0).max(100).default(5).describe("Percent of the web server's answers"),
        })
        .prefault({}),
    })
    .prefault({})
    .describe('Who hears of what; without a receiver alerts are seen in Grafana only'),
  images: z
    .strictObject({
      prometheus: image('prom/prometheus:v2.48.0'),
      grafana: image('grafana/grafana:10.2.0'),
      'node-exporter': image('prom/node-exporter:v1.7.0'),
      cadvisor: image('ghcr.io/google/cadvisor:v0.60.5'),
      alertmanager: image('prom/alertmanager:v0.28.1'),
      loki: image('grafana/loki:3.6.3'),
      alloy: image('grafana/alloy:v1.13.0'),
      'postgres-exporter': image('prometheuscommunity/postgres-exporter:v0.17.1'),
      'redis-exporter': image('oliver006/redis_exporter:v1.69.0'),
      'nginx-exporter': image('nginx/nginx-prometheus-exporter:1.4.2'),
    })
    .prefault({}),
  memory: z
    .strictObject({
      prometheus: mb(768),
      grafana: mb(256),
      loki: mb(256),
      alloy: mb(192),
      cadvisor: mb(192),
      alertmanager: mb(64),
      'node-exporter': mb(64),
      'postgres-exporter': mb(64),
      'redis-exporter': mb(48),
      'nginx-exporter': mb(48),
    })
    .prefault({})
    .describe('The most that each may take, in MB; below 2 GB in all'),
  wait: z.int().min(10).default(300).describe('Seconds for containers to become healthy'),
})

export type Vars = z.infer<typeof Vars>
