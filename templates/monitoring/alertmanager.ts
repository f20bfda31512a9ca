import type { JsonObject } from '../../tasks/json.ts'
import { yaml } from './yaml.ts'

/** Who hears of alerts. Addresses with keys in them and passwords are in files of their own. */
export interface Routing {
  readonly webhook: boolean
  readonly mail?: {
    readonly to: readonly string[]
    readonly from: string
    /** Such as `mail.example.org:587`. */
    readonly smarthost: string
    readonly user?: string | undefined
  }
  /** How often an alert that goes on is told again, in hours. */
  readonly repeatHours: number
}

/** In the container; the files are beside the configuration. */
export const SECRETS = { webhook: 'webhook-url', mail: 'mail-password' } as const

const inContainer = (name: keyof typeof SECRETS): string => `/etc/alertmanager/${SECRETS[name]}`

const mail = ({ to, from, smarthost, user }: NonNullable<Routing['mail']>): JsonObject => ({
  to: to.join(', '),
  from,
  smarthost,
  send_resolved: true,
  ...(user !== undefined && { auth_username: user, auth_password_file: inContainer('mail') }),
})

/**
 * alertmanager.yml: alerts of one kind arrive as one message; a critical one silences the warning of its kind.
 * Without a receiver they are seen in Alertmanager and in Grafana only.
 */
export const alertmanagerConfig = ({ webhook, mail: to, repeatHours }: Routing): string =>
  yaml({
    route: {
      receiver: 'operator',
      group_by: ['alertname'],
      group_wait: '30s',
      group_interval: '5m',
      repeat_interval: `${repeatHours}h`,
    },
    receivers: [
      {
        name: 'operator',
        ...(webhook && { webhook_configs: [{ url_file: inContainer('webhook'), send_resolved: true }] }),
        ...(to && { email_configs: [mail(to)] }),
      },
    ],
    inhibit_rules: [
      { source_matchers: ['severity = "critical"'], target_matchers: ['severity = "warning"'], equal: ['alertname'] },
    ],
  })
