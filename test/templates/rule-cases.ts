/** Series as promtool's unit tests write them: `0+1x10` counts up ten times, once a minute. */
export type Series = Readonly<Record<string, string>>

/** What makes an alert fire, and what it then says. */
export interface Case {
  readonly alert: string
  readonly series: Series
  readonly at: string
  /** From one value, and one evaluation, to the next; a minute unless given. */
  readonly step?: '1h'
  readonly labels?: Readonly<Record<string, string>>
  readonly summary: string
  /** Where it has values in it. */
  readonly description?: string
}

const DISK = { device: '/dev/vda1', fstype: 'ext4', mountpoint: '/' }
const labelled = (labels: Readonly<Record<string, string>>) =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`
const disk = (avail: string): Series => ({
  [`node_filesystem_avail_bytes${labelled(DISK)}`]: avail,
  [`node_filesystem_size_bytes${labelled(DISK)}`]: '100x720',
})

/** On a host where all is well no alert may fire, two days long; a value every four minutes. */
export const WELL: Series = {
  ...disk('60x720'),
  node_memory_MemAvailable_bytes: '50x720',
  node_memory_MemTotal_bytes: '100x720',
  node_vmstat_oom_kill: '3x720',
  'container_start_time_seconds{name="redis"}': '100x400 200x319',
  'container_last_seen{name="redis"}': '1x720',
  'up{job="node"}': '1x720',
  pg_up: '1x720',
  redis_up: '1x720',
  nginx_up: '1x720',
  prometheus_config_last_reload_successful: '1x720',
  alertmanager_config_last_reload_successful: '1x720',
  'alertmanager_notifications_failed_total{integration="email"}': '7x720',
  'nginx_access_responses_total{status="200"}': '0+60x720',
  'nginx_access_responses_total{status="502"}': '0+1x720',
  'moja_dzialka_certificate_not_after_timestamp_seconds{path="/c.pem"}': '8640000x720',
  moja_dzialka_backup_last_success_timestamp_seconds: '86400x720',
  moja_dzialka_restore_test_last_success_timestamp_seconds: '86400x720',
}

export const CASES: readonly Case[] = [
  { alert: 'DiskSpaceLow', series: disk('6x30'), at: '15m', labels: DISK, summary: '/ has 6 % left' },
  {
    alert: 'DiskFullSoon',
    series: disk('38-0.04x500'),
    at: '7h',
    labels: DISK,
    summary: '/ will be full within a day',
  },
  {
    alert: 'MemoryLow',
    series: { node_memory_MemAvailable_bytes: '5x30', node_memory_MemTotal_bytes: '100x30' },
    at: '15m',
    summary: '5 % of memory is left',
  },
  {
    alert: 'OutOfMemory',
    series: { node_vmstat_oom_kill: '0x10 1x10' },
    at: '12m',
    summary: 'The kernel has ended a process for want of memory',
  },
  {
    alert: 'ContainerRestarts',
    series: { 'container_start_time_seconds{name="redis"}': '100x3 200x3 300x3 400x3' },
    at: '13m',
    labels: { name: 'redis' },
    summary: 'redis was started 3 times in a quarter of an hour',
    description: 'Why: `docker logs --tail 50 redis`.',
  },
  {
    alert: 'ContainersUnseen',
    series: { 'container_last_seen{id="/"}': '1x30' },
    at: '20m',
    summary: 'cAdvisor sees no containers',
  },
  {
    alert: 'TargetDown',
    series: { 'up{job="node",instance="127.0.0.1:9100"}': '0x30' },
    at: '6m',
    labels: { job: 'node', instance: '127.0.0.1:9100' },
    summary: 'node does not answer on 127.0.0.1:9100',
  },
  {
    alert: 'DatabaseDown',
    series: { 'redis_up{job="redis"}': '0x30', 'pg_up{job="postgres"}': '1x30' },
    at: '5m',
    labels: { job: 'redis' },
    summary: 'the database behind the exporter redis does not answer',
  },
  {
    alert: 'ConfigurationNotLoaded',
    series: { 'prometheus_config_last_reload_successful{job="prometheus"}': '0x30' },
    at: '6m',
    labels: { job: 'prometheus' },
    summary: 'prometheus goes on with an older configuration',
  },
  {
    alert: 'AlertsNotDelivered',
    series: { 'alertmanager_notifications_failed_total{integration="email"}': '0+1x30' },
    at: '10m',
    labels: { integration: 'email' },
    summary: 'alerts by email do not arrive',
  },
  { alert: 'NginxDown', series: { nginx_up: '0x30' }, at: '5m', summary: 'nginx does not answer' },
  {
    alert: 'ServerErrors',
    series: {
      'nginx_access_responses_total{status="200"}': '0+60x30',
      'nginx_access_responses_total{status="502"}': '0+20x30',
    },
    at: '15m',
    summary: '25 % of all answers are errors of the server',
  },
  {
    alert: 'CertificateExpires',
    series: { 'moja_dzialka_certificate_not_after_timestamp_seconds{path="/c.pem"}': '864000x200' },
    at: '2h',
    labels: { path: '/c.pem' },
    summary: '/c.pem expires in 10 days',
  },
  {
    alert: 'CertificateUnseen',
    step: '1h',
    series: {},
    at: '4h',
    summary: 'nobody knows when the certificate expires',
  },
  {
    alert: 'BackupTooOld',
    step: '1h',
    series: { moja_dzialka_backup_last_success_timestamp_seconds: '0x40' },
    at: '30h',
    summary: 'the last good backup is 30 hours old',
  },
  { alert: 'BackupMissing', step: '1h', series: {}, at: '25h', summary: 'there has never been a good backup' },
  {
    alert: 'RestoreTestTooOld',
    step: '1h',
    series: { moja_dzialka_restore_test_last_success_timestamp_seconds: '0x300' },
    at: '10d',
    summary: 'a backup was last restored 10 days ago',
  },
  { alert: 'RestoreTestMissing', step: '1h', series: {}, at: '9d', summary: 'no backup was ever restored' },
]
