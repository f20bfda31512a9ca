import { metricPrefix } from '../ports.ts'
import { type Dashboard, logs, stat, timeseries } from './builder.ts'

export { type Dashboard, dashboardJson } from './builder.ts'

const DISK = 'fstype!~"tmpfs|ramfs|overlay|squashfs|nsfs|fuse.*"'
const NIC = 'device!~"lo|veth.*|br-.*|docker.*"'

const host: Dashboard = {
  uid: 'trueup-host',
  title: 'Host',
  panels: [
    stat('Up for', 'dtdhms', 'node_time_seconds - node_boot_time_seconds'),
    stat('Memory available', 'percent', '100 * node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes', {
      below: 10,
    }),
    stat(
      'Disk available on /',
      'percent',
      '100 * node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes',
      {
        below: 10,
      },
    ),
    stat('Alerts', 'short', 'count(ALERTS{alertstate="firing"}) or vector(0)', { above: 1 }),
    timeseries('CPU', 'percent', {
      expr: '100 * sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[5m])) / scalar(count(node_cpu_seconds_total{mode="idle"}))',
      legend: '{{mode}}',
    }),
    timeseries(
      'Load',
      'short',
      { expr: 'node_load1', legend: '1 min' },
      { expr: 'node_load5', legend: '5 min' },
      { expr: 'node_load15', legend: '15 min' },
    ),
    timeseries(
      'Memory',
      'bytes',
      { expr: 'node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes', legend: 'used' },
      { expr: 'node_memory_MemAvailable_bytes', legend: 'available' },
      { expr: 'node_memory_SwapTotal_bytes - node_memory_SwapFree_bytes', legend: 'swap used' },
    ),
    timeseries('Disk available', 'bytes', { expr: `node_filesystem_avail_bytes{${DISK}}`, legend: '{{mountpoint}}' }),
    timeseries(
      'Disk operations',
      'Bps',
      { expr: 'rate(node_disk_read_bytes_total[5m])', legend: '{{device}} read' },
      { expr: 'rate(node_disk_written_bytes_total[5m])', legend: '{{device}} written' },
    ),
    timeseries(
      'Network',
      'Bps',
      { expr: `rate(node_network_receive_bytes_total{${NIC}}[5m])`, legend: '{{device}} in' },
      { expr: `rate(node_network_transmit_bytes_total{${NIC}}[5m])`, legend: '{{device}} out' },
    ),
    logs('Errors in the journal', '{job="journal", level=~"err|error|crit|alert|emerg"}'),
  ],
}

const containers: Dashboard = {
  uid: 'trueup-containers',
  title: 'Containers',
  panels: [
    stat('Containers seen', 'short', 'count(container_last_seen{name!=""}) or vector(0)', { below: 1 }),
    stat('Started in the last hour', 'short', 'sum(changes(container_start_time_seconds{name!=""}[1h])) or vector(0)', {
      above: 1,
    }),
    timeseries('CPU', 'percent', {
      expr: '100 * sum by (name) (rate(container_cpu_usage_seconds_total{name!=""}[5m]))',
      legend: '{{name}}',
    }),
    timeseries('Memory', 'bytes', { expr: 'container_memory_working_set_bytes{name!=""}', legend: '{{name}}' }),
    timeseries('Memory, of what a container may take', 'percent', {
      expr: '100 * container_memory_working_set_bytes{name!=""} / (container_spec_memory_limit_bytes{name!=""} > 0)',
      legend: '{{name}}',
    }),
    timeseries(
      'Network',
      'Bps',
      { expr: 'sum by (name) (rate(container_network_receive_bytes_total{name!=""}[5m]))', legend: '{{name}} in' },
      { expr: 'sum by (name) (rate(container_network_transmit_bytes_total{name!=""}[5m]))', legend: '{{name}} out' },
    ),
    logs('What they print', '{job="docker"}'),
  ],
}

const nginx: Dashboard = {
  uid: 'trueup-nginx',
  title: 'nginx',
  panels: [
    stat('nginx', 'short', 'nginx_up', { below: 1 }),
    stat('Connections', 'short', 'nginx_connections_active'),
    stat('Requests', 'reqps', 'rate(nginx_http_requests_total[5m])'),
    stat(
      'Errors of the server',
      'percent',
      '100 * sum(rate(nginx_access_responses_total{status=~"5.."}[5m])) / sum(rate(nginx_access_responses_total[5m]))',
      { above: 1 },
    ),
    timeseries('Answers', 'reqps', {
      expr: 'sum by (status) (rate(nginx_access_responses_total[5m]))',
      legend: '{{status}}',
    }),
    timeseries(
      'Connections',
      'short',
      { expr: 'nginx_connections_active', legend: 'active' },
      { expr: 'nginx_connections_reading', legend: 'reading' },
      { expr: 'nginx_connections_writing', legend: 'writing' },
      { expr: 'nginx_connections_waiting', legend: 'waiting' },
    ),
    logs('Errors', '{job="nginx", log="error"}'),
    logs('Answers with 5xx', '{job="nginx", log="access", status=~"5.."}'),
  ],
}

const postgres: Dashboard = {
  uid: 'trueup-postgres',
  title: 'PostgreSQL',
  panels: [
    stat('PostgreSQL', 'short', 'pg_up', { below: 1 }),
    stat('Connections, of all allowed', 'percent', '100 * sum(pg_stat_activity_count) / pg_settings_max_connections', {
      above: 80,
    }),
    stat('Size', 'bytes', 'sum(pg_database_size_bytes)'),
    stat(
      'Read from memory',
      'percent',
      '100 * sum(rate(pg_stat_database_blks_hit[1h])) / (sum(rate(pg_stat_database_blks_hit[1h])) + sum(rate(pg_stat_database_blks_read[1h])))',
    ),
    timeseries('Connections', 'short', {
      expr: 'sum by (datname, state) (pg_stat_activity_count) > 0',
      legend: '{{datname}} {{state}}',
    }),
    timeseries(
      'Transactions',
      'ops',
      { expr: 'sum by (datname) (rate(pg_stat_database_xact_commit[5m]))', legend: '{{datname}} committed' },
      { expr: 'sum by (datname) (rate(pg_stat_database_xact_rollback[5m]))', legend: '{{datname}} rolled back' },
    ),
    timeseries('Size', 'bytes', { expr: 'pg_database_size_bytes', legend: '{{datname}}' }),
    timeseries(
      'Locks and deadlocks',
      'short',
      { expr: 'sum by (mode) (pg_locks_count) > 0', legend: '{{mode}}' },
      { expr: 'sum(increase(pg_stat_database_deadlocks[5m]))', legend: 'deadlocks' },
    ),
    logs('Log', '{job="docker", service="postgres"}'),
  ],
}

const redis: Dashboard = {
  uid: 'trueup-redis',
  title: 'Redis',
  panels: [
    stat('Redis', 'short', 'redis_up', { below: 1 }),
    stat('Clients', 'short', 'redis_connected_clients'),
    stat('Keys', 'short', 'sum(redis_db_keys)'),
    stat(
      'Hits',
      'percent',
      '100 * rate(redis_keyspace_hits_total[1h]) / (rate(redis_keyspace_hits_total[1h]) + rate(redis_keyspace_misses_total[1h]))',
    ),
    timeseries(
      'Memory',
      'bytes',
      { expr: 'redis_memory_used_bytes', legend: 'used' },
      { expr: 'redis_memory_max_bytes > 0', legend: 'allowed' },
    ),
    timeseries('Commands', 'ops', { expr: 'rate(redis_commands_processed_total[5m])', legend: 'commands' }),
    timeseries(
      'Keys that went',
      'ops',
      { expr: 'rate(redis_evicted_keys_total[5m])', legend: 'evicted' },
      { expr: 'rate(redis_expired_keys_total[5m])', legend: 'expired' },
    ),
    logs('Log', '{job="docker", service="redis"}'),
  ],
}

const backups = (prefix: string): Dashboard => ({
  uid: 'trueup-backups',
  title: 'Backups',
  panels: [
    stat('Last good backup', 's', `time() - ${prefix}_backup_last_success_timestamp_seconds`, { above: 26 * 3600 }),
    stat('Its size', 'bytes', `${prefix}_backup_last_size_bytes`),
    stat('Last restored for a test', 's', `time() - ${prefix}_restore_test_last_success_timestamp_seconds`, {
      above: 8 * 86_400,
    }),
    stat('Certificate lasts', 's', `min(${prefix}_certificate_not_after_timestamp_seconds) - time()`, {
      below: 14 * 86_400,
    }),
    timeseries('Size of a backup', 'bytes', { expr: `${prefix}_backup_last_size_bytes`, legend: 'all files' }),
    timeseries('Age of the last good backup', 's', {
      expr: `time() - ${prefix}_backup_last_success_timestamp_seconds`,
      legend: 'age',
    }),
    stat('Last deploy', 's', `time() - ${prefix}_deploy_last_success_timestamp_seconds`),
  ],
})

/** All dashboards, by the names of their files; those of what is not watched are left out. */
export const dashboards = (
  project: string,
  watched: { readonly nginx: boolean; readonly postgres: boolean; readonly redis: boolean },
): Readonly<Record<string, Dashboard>> => ({
  host,
  containers,
  ...(watched.nginx && { nginx }),
  ...(watched.postgres && { postgres }),
  ...(watched.redis && { redis }),
  backups: backups(metricPrefix(project)),
})
