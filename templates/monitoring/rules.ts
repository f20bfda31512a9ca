import type { JsonObject } from '../../tasks/json.ts'
import { metricPrefix } from './ports.ts'
import { yaml } from './yaml.ts'

/** When somebody is to be told. */
export interface Thresholds {
  /** Percent of a file system, and of memory, below which little is left. */
  readonly diskFree: number
  readonly memoryFree: number
  /** Starts of one container in a quarter of an hour. */
  readonly restarts: number
  readonly certificateDays: number
  readonly backupHours: number
  readonly restoreTestDays: number
  /** Percent of nginx' answers. */
  readonly errors: number
}

export interface RuleOptions {
  readonly project: string
  readonly thresholds: Thresholds
  /** The web server is watched. */
  readonly nginx: boolean
}

export interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly severity: 'warning' | 'critical'
  /** One line for a tired human; `{{ … }}` is Prometheus' (prometheus.io, Template reference). */
  readonly summary: string
  readonly description: string
}

const DISKS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|nsfs|fuse.*"'

const host = ({ diskFree, memoryFree }: Thresholds): Alert[] => [
  {
    alert: 'DiskSpaceLow',
    expr: `100 * node_filesystem_avail_bytes{${DISKS}} / node_filesystem_size_bytes < ${diskFree}`,
    for: '10m',
    severity: 'warning',
    summary: '{{ $labels.mountpoint }} has {{ printf "%.0f" $value }} % left',
    description: 'Look with `docker system df` and `du -xh --max-depth=2 /`; logs and old images can go.',
  },
  {
    alert: 'DiskFullSoon',
    expr: `predict_linear(node_filesystem_avail_bytes{${DISKS}}[6h], 24 * 3600) < 0 and 100 * node_filesystem_avail_bytes / node_filesystem_size_bytes < 40`,
    for: '1h',
    severity: 'critical',
    summary: '{{ $labels.mountpoint }} will be full within a day',
    description: 'At the pace of the last six hours; databases stop when it is.',
  },
  {
    alert: 'MemoryLow',
    expr: `100 * node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < ${memoryFree}`,
    for: '10m',
    severity: 'warning',
    summary: '{{ printf "%.0f" $value }} % of memory is left',
    description: 'Look with `docker stats`; the kernel ends processes when there is none.',
  },
  {
    alert: 'OutOfMemory',
    expr: 'increase(node_vmstat_oom_kill[15m]) > 0',
    for: '0m',
    severity: 'critical',
    summary: 'The kernel has ended a process for want of memory',
    description: 'Which one: `journalctl -k | grep -i oom`.',
  },
]

const containers = ({ restarts }: Thresholds): Alert[] => [
  {
    alert: 'ContainerRestarts',
    expr: `changes(container_start_time_seconds{name!=""}[15m]) >= ${restarts}`,
    for: '0m',
    severity: 'critical',
    summary: '{{ $labels.name }} was started {{ $value }} times in a quarter of an hour',
    description: 'Why: `docker logs --tail 50 {{ $labels.name }}`.',
  },
  {
    // A cAdvisor that does not know the engine's storage still answers, and sees no containers (D35).
    alert: 'ContainersUnseen',
    expr: 'absent(container_last_seen{name!=""})',
    for: '15m',
    severity: 'warning',
    summary: 'cAdvisor sees no containers',
    description:
      'Their numbers and restarts are not watched: see its log, and whether it knows this version of Docker.',
  },
]

const targets: Alert[] = [
  {
    alert: 'TargetDown',
    expr: 'up == 0',
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.job }} does not answer on {{ $labels.instance }}',
    description: 'Look with `docker ps -a`, and at its log.',
  },
  {
    alert: 'DatabaseDown',
    expr: 'pg_up == 0 or redis_up == 0',
    for: '2m',
    severity: 'critical',
    summary: 'the database behind the exporter {{ $labels.job }} does not answer',
    description: 'Look with `docker compose ps`, and whether the exporter has the right password.',
  },
  {
    alert: 'ConfigurationNotLoaded',
    expr: 'prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0',
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.job }} goes on with an older configuration',
    description: 'It refused the last one: see its log.',
  },
  {
    alert: 'AlertsNotDelivered',
    expr: 'increase(alertmanager_notifications_failed_total[15m]) > 0',
    for: '5m',
    severity: 'warning',
    summary: 'alerts by {{ $labels.integration }} do not arrive',
    description: 'See the log of alertmanager.',
  },
]

const nginx = ({ errors }: Thresholds): Alert[] => [
  {
    alert: 'NginxDown',
    expr: 'nginx_up == 0',
    for: '2m',
    severity: 'critical',
    summary: 'nginx does not answer',
    description: 'Look with `systemctl status nginx` and `nginx -t`.',
  },
  {
    alert: 'ServerErrors',
    expr: `100 * sum(rate(nginx_access_responses_total{status=~"5.."}[5m])) / sum(rate(nginx_access_responses_total[5m])) > ${errors} and sum(increase(nginx_access_responses_total{status=~"5.."}[5m])) >= 5`,
    for: '5m',
    severity: 'critical',
    summary: '{{ printf "%.0f" $value }} % of all answers are errors of the server',
    description: 'Which ones: /var/log/nginx/error.log, and the dashboard nginx.',
  },
]

const upkeep = (prefix: string, { certificateDays, backupHours, restoreTestDays }: Thresholds): Alert[] => [
  {
    alert: 'CertificateExpires',
    expr: `(${prefix}_certificate_not_after_timestamp_seconds - time()) / 86400 < ${certificateDays}`,
    for: '1h',
    severity: 'critical',
    summary: '{{ $labels.path }} expires in {{ printf "%.0f" $value }} days',
    description: 'A run of the role certs renews a private one; a given one is to be replaced in the inventory.',
  },
  {
    alert: 'CertificateUnseen',
    expr: `absent(${prefix}_certificate_not_after_timestamp_seconds)`,
    for: '3h',
    severity: 'warning',
    summary: 'nobody knows when the certificate expires',
    description: 'See `systemctl status trueup-certificates.timer`.',
  },
  {
    alert: 'BackupTooOld',
    expr: `(time() - ${prefix}_backup_last_success_timestamp_seconds) / 3600 > ${backupHours}`,
    for: '10m',
    severity: 'critical',
    summary: 'the last good backup is {{ printf "%.0f" $value }} hours old',
    description: `Why: the log of the backups in /var/log.`,
  },
  {
    alert: 'BackupMissing',
    expr: `absent(${prefix}_backup_last_success_timestamp_seconds)`,
    for: '1d',
    severity: 'critical',
    summary: 'there has never been a good backup',
    description: 'Why: the log of the backups in /var/log.',
  },
  {
    alert: 'RestoreTestTooOld',
    expr: `(time() - ${prefix}_restore_test_last_success_timestamp_seconds) / 86400 > ${restoreTestDays}`,
    for: '1h',
    severity: 'warning',
    summary: 'a backup was last restored {{ printf "%.0f" $value }} days ago',
    description: 'Nobody knows whether backups can be restored: run scripts/restore-test.sh and see what it says.',
  },
  {
    alert: 'RestoreTestMissing',
    expr: `absent(${prefix}_restore_test_last_success_timestamp_seconds)`,
    for: `${restoreTestDays}d`,
    severity: 'warning',
    summary: 'no backup was ever restored',
    description: 'Nobody knows whether backups can be restored: run scripts/restore-test.sh and see what it says.',
  },
]

/** All alerts, by what they are about. */
export const alerts = ({
  project,
  thresholds,
  nginx: web,
}: RuleOptions): Readonly<Record<string, readonly Alert[]>> => ({
  host: host(thresholds),
  containers: containers(thresholds),
  targets,
  ...(web && { nginx: nginx(thresholds) }),
  upkeep: upkeep(metricPrefix(project), thresholds),
})

const rule = ({ alert, expr, for: pending, severity, summary, description }: Alert): JsonObject => ({
  alert,
  expr,
  ...(pending !== '0m' && { for: pending }),
  labels: { severity },
  annotations: { summary, description },
})

/** rules/trueup.yml (prometheus.io, Alerting rules). */
export const rulesFile = (options: RuleOptions): string =>
  yaml({ groups: Object.entries(alerts(options)).map(([name, list]) => ({ name, rules: list.map(rule) })) })
