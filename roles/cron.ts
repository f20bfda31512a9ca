import * as z from 'zod'
import { quote, role, secret, type Site, type Task } from '../lib/index.ts'
import { shipped } from '../files/index.ts'
import * as apt from '../tasks/apt.ts'
import { type CronJob, cronFile, schedule } from '../tasks/cron.ts'
import { file } from '../tasks/file.ts'
import { link } from '../tasks/link.ts'
import { file as fileAt } from '../tasks/path.ts'
import { running, unit, up } from '../tasks/systemd.ts'
import { jobSettings, msmtprc } from '../templates/jobs.ts'
import { verify } from './cron/verify.ts'

const Time = (fallback: string) =>
  z
    .string()
    .superRefine((text, { addIssue }) => {
      try {
        if (text !== 'never') schedule(text)
      } catch (error) {
        addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
      }
    })
    .default(fallback)

const Address = z.string().regex(/^[^\s<>"',;:\\]+@[^\s<>"',;:\\]+$/, 'an address such as admin@example.com')

const Vars = z.strictObject({
  backup: Time('0 3 * * *').describe('When everything is backed up, as in crontab(5), or `never`'),
  cleanup: Time('0 4 * * 0').describe('When the container engine frees what it no longer needs'),
  disk: Time('0 6 * * *').describe('When the use of the disk is reported'),
  restoreTest: Time('0 5 * * 0').describe('When the newest backup is restored into containers that are thrown away'),
  mail: z
    .strictObject({
      to: Address,
      from: Address,
      relay: z
        .strictObject({
          host: z.string().regex(/^[A-Za-z0-9.:-]+$/, 'the name of a host'),
          port: z.int().min(1).max(65_535).default(587),
          tls: z.enum(['starttls', 'tls', 'off']).default('starttls'),
          user: z.string().optional(),
          password: secret('mail password').optional(),
        })
        .refine(({ user, password }) => (user === undefined) === (password === undefined), {
          error: 'user and password go together',
        })
        .refine(({ user, tls }) => user === undefined || tls !== 'off', { error: 'a password needs TLS' }),
    })
    .optional()
    .describe('Who gets the reports by mail, and the server that takes them; many hosters close port 25, hence 587'),
  webhook: secret('webhook')
    .optional()
    .describe('An address that gets them as `{"text": …}`, as Slack and Mattermost take it'),
})

type Vars = z.infer<typeof Vars>

/**
 * The jobs of the server's description. cron mails nothing itself: the wrapper keeps the output and tells who should
 * know. Times are in the host's zone; Debian's cron knows no other.
 */
const jobs = (vars: Vars, { project, dir }: Site): CronJob[] => {
  const job = (name: string, log: string, command: readonly string[], ...options: string[]) =>
    [`/usr/local/sbin/${project}-job`, `/etc/${project}-jobs.env`, name, log, ...options, '--', ...command]
      .map(quote)
      .join(' ')
  const backups = `/var/log/${project}-backup.log`
  return [
    { schedule: vars.backup, command: job('backup', backups, [`${dir}/scripts/backup.sh`]) },
    // The engine's own timer may have begun it already: then this waits for its end, and tells when it failed.
    {
      schedule: vars.cleanup,
      command: job('docker-cleanup', '/var/log/docker-cleanup.log', ['systemctl', 'start', 'docker-cleanup.service']),
    },
    {
      schedule: vars.disk,
      command: job('disk', `/var/log/${project}-disk.log`, ['df', '-h', '/'], '--tell', 'always'),
    },
    { schedule: vars.restoreTest, command: job('restore-test', backups, [`${dir}/scripts/restore-test.sh`]) },
  ].filter((one) => one.schedule !== 'never')
}

/** The jobs as cron has them. */
const given = (vars: Vars, site: Site): Task[] => [
  cronFile({
    name: site.project,
    env: { SHELL: '/bin/sh', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', MAILTO: '' },
    jobs: jobs(vars, site),
  }),
  running('cron'),
]

/** Backups, their test, cleaning up and reports, at their times; whoever should know is told when one fails. */
export default role({
  name: 'cron',
  vars: Vars,
  requires: ({ site: { dir } }) => [
    { want: fileAt('/usr/local/sbin/docker-cleanup').is({ type: 'file' }), role: 'docker' },
    ...['backup', 'restore-test'].map((name) => ({
      want: fileAt(`${dir}/scripts/${name}.sh`).is({ type: 'file', mode: '0755' }),
      role: 'compose-stack',
    })),
  ],
  tasks: ({ vars, site }) => [
    apt.installed(
      ['cron', 'curl', 'jq', ...(vars.mail ? ['msmtp', 'msmtp-mta'] : [])],
      { cron: [unit('cron').is(up)] },
      { title: 'apt install for jobs' },
    ),
    ...(vars.mail ? [file({ path: '/etc/msmtprc', content: msmtprc(vars.mail), mode: '0600' })] : []),
    file({ path: `/usr/local/sbin/${site.project}-job`, content: shipped('job.sh'), mode: '0755' }),
    file({ path: `/etc/${site.project}-jobs.env`, content: jobSettings(vars), mode: '0600' }),
    ...given(vars, site),
    // Where the server's description looks for them.
    link({ path: `${site.dir}/scripts/${site.project}-cron`, target: `/etc/cron.d/${site.project}` }),
  ],
  verify: ({ vars, site }) => verify(vars, site, given(vars, site)),
})
