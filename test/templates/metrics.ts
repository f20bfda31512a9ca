import { readFileSync } from 'node:fs'

/** Names that real exporters gave, on a host of the sandbox: with Debian 13's own PostgreSQL 17, Redis 8 and nginx 1.26. */
const recorded = readFileSync(new URL('fixtures/metrics.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** As cAdvisor's own list has them (google/cadvisor, docs/storage/prometheus.md); it was not at hand to be asked. */
const cadvisor = [
  'container_cpu_usage_seconds_total',
  'container_last_seen',
  'container_memory_working_set_bytes',
  'container_network_receive_bytes_total',
  'container_network_transmit_bytes_total',
  'container_spec_memory_limit_bytes',
  'container_start_time_seconds',
]

/** What our own scripts and Alloy's configuration bring, and what Prometheus makes by itself. */
const own = [
  ...['backup_last_success_timestamp_seconds', 'backup_last_size_bytes', 'restore_test_last_success_timestamp_seconds'],
  ...['deploy_last_success_timestamp_seconds', 'certificate_not_after_timestamp_seconds'],
].map((name) => `moja_dzialka_${name}`)

export const KNOWN: ReadonlySet<string> = new Set([
  ...recorded,
  ...cadvisor,
  ...own,
  'nginx_access_responses_total',
  'up',
  'ALERTS',
])

const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset'])

/** The metrics that an expression asks for: its names, without functions, labels and durations. */
export const metricsOf = (expr: string): string[] => {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
  return [...bare.matchAll(/(?<![\w.])([a-zA-Z_:][\w:]*)(?!\w)(\s*\()?/g)].flatMap(([, name = '', call]) =>
    call !== undefined || WORDS.has(name) ? [] : [name],
  )
}
