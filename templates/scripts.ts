import { join, type MaybeSecret, quote, Secret } from '../lib/index.ts'

/** What the scripts of DIR/scripts are told (files/scripts/lib.sh reads it). */
export interface ScriptSettings {
  readonly project: string
  readonly dir: string
  /** What deploy.sh takes without an argument; `main` unless given. */
  readonly branch?: string
  /** Seconds that services may take to become healthy; 300 unless given. */
  readonly wait?: number
  /** `/root/backups` unless given. */
  readonly backupDir?: string
  /** Sets older than this are removed once a newer one has been verified; 7 unless given. */
  readonly retentionDays?: number
  /** That many sets stay whatever their age; 3 unless given. */
  readonly keepNewest?: number
  /** Where node-exporter looks for text files; `/var/lib/node-exporter` unless given. */
  readonly metricsDir?: string
  /** A second place for every set: a remote of rclone's, such as `b2:backups`, or a bucket, such as `s3://backups`. */
  readonly offsite?: { readonly by: 'rclone' | 'aws'; readonly to: string }
  /** The public key that what leaves the host is encrypted to. */
  readonly ageRecipient?: string
  /** Asked for after every good backup. */
  readonly heartbeat?: MaybeSecret
}

const HEADER = '# Managed by trueup: changes made here are put back.\n'

/** Single quotes: bash takes what is in them as it is, and a value can be no command. */
const assignment = (name: string, value: string | number): string => {
  if (/[\0\n\r]/.test(String(value))) throw new TypeError(`${name} is one line, unlike ${JSON.stringify(value)}`)
  return `${name}=${quote(String(value))}\n`
}

const count = (name: string, value: number, least: number): number => {
  if (!Number.isSafeInteger(value) || value < least)
    throw new TypeError(`${name} is at least ${least}, unlike ${value}`)
  return value
}

/**
 * DIR/scripts/settings.env, which the scripts source; a secret where the heartbeat's address is one.
 *
 * @throws TypeError for a value that is not one line, a name that Compose would not take, and numbers that would keep
 *   no backup at all
 */
export const scriptSettings = (settings: ScriptSettings): MaybeSecret => {
  const { project, dir, offsite, heartbeat = '' } = settings
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(project)) throw new TypeError(`not a project's name: ${JSON.stringify(project)}`)
  for (const path of [dir, settings.backupDir, settings.metricsDir])
    if (path !== undefined && !/^\/./.test(path)) throw new TypeError(`not an absolute path: ${JSON.stringify(path)}`)
  const line = (value: string) => assignment('HEARTBEAT_URL', value)
  return join([
    HEADER,
    assignment('PROJECT', project),
    assignment('DIR', dir),
    assignment('BRANCH', settings.branch ?? 'main'),
    assignment('WAIT', count('wait', settings.wait ?? 300, 1)),
    assignment('BACKUP_DIR', settings.backupDir ?? '/root/backups'),
    assignment('RETENTION_DAYS', count('retentionDays', settings.retentionDays ?? 7, 1)),
    assignment('KEEP_NEWEST', count('keepNewest', settings.keepNewest ?? 3, 1)),
    assignment('METRICS_DIR', settings.metricsDir ?? '/var/lib/node-exporter'),
    assignment('OFFSITE_BY', offsite?.by ?? ''),
    assignment('OFFSITE_TO', offsite?.to ?? ''),
    assignment('AGE_RECIPIENT', settings.ageRecipient ?? ''),
    heartbeat instanceof Secret ? heartbeat.map(line) : line(heartbeat),
  ])
}
