import { blob, type HostFacts, script, sh, type Site, type Task } from '../../lib/index.ts'
import { directory } from '../../tasks/directory.ts'
import { file } from '../../tasks/file.ts'
import { link } from '../../tasks/link.ts'
import { fileMode } from '../../tasks/mode.ts'
import { promised, type Resource } from '../../tasks/resources.ts'
import { restart, running } from '../../tasks/systemd.ts'
import * as template from '../../templates/base.ts'
import type { Vars } from './vars.ts'

/** Warnings where the machine is less than it was bought as. */
export const preflight = ({ cpus, memoryMb, diskGb, freeDiskGb }: Vars['promises']): Task[] =>
  Object.entries({ cpus, memoryMb, diskGb, freeDiskGb }).flatMap(([what, least]) =>
    least === undefined ? [] : [promised(what as Resource, least)],
  )

/** A bounded journal, and no memory images of crashed programs. */
export const journal = ({ journal: limit, idleShell: idle }: Vars): Task[] => [
  directory({ path: '/etc/systemd/journald.conf.d' }),
  file({
    path: '/etc/systemd/journald.conf.d/trueup.conf',
    content: template.journald(limit),
    notifies: restart('systemd-journald'),
  }),
  directory({ path: '/etc/systemd/coredump.conf.d' }),
  file({ path: '/etc/systemd/coredump.conf.d/trueup.conf', content: template.coredump }),
  file({ path: '/etc/security/limits.d/90-trueup.conf', content: template.coreLimits }),
  file({ path: '/etc/profile.d/trueup.sh', content: template.profile(idle) }),
  running('cron'),
]

/** Rotation of the project's own logs, the load of the last weeks, who ran what (lastcomm(1)), and whether packages are still as they came. */
export const logs = ({ dir, project }: Site): Task[] => [
  file({
    path: '/etc/logrotate.d/trueup',
    content: template.logrotate(dir, project),
    validate: { tree: '/etc/logrotate.d', check: sh`logrotate -d /etc/logrotate.d/trueup` },
  }),
  file({ path: '/etc/default/sysstat', content: template.sysstat }),
  running('sysstat-collect.timer'),
  // This one alone starts the timer at boot, and comes disabled.
  running('sysstat'),
  running('acct'),
  file({ path: '/etc/default/debsums', content: template.debsums }),
  // Jobs of the system are nobody else's to read or add to.
  ...['hourly', 'daily', 'weekly', 'monthly', 'd'].map((when) =>
    directory({ path: `/etc/cron.${when}`, mode: '0700' }),
  ),
  fileMode({ path: '/etc/crontab', mode: '0600' }),
]

/** The right time. */
export const clock = ({ container }: HostFacts): Task[] => [
  file({ path: '/etc/default/chrony', content: template.chronyDefaults(container), notifies: restart('chrony') }),
  running('chrony'),
]

/** The folders that no other role owns. */
export const folders = ({ dir }: Site): Task[] => [
  directory({ path: dir }),
  directory({ path: `${dir}/data` }),
  directory({ path: `${dir}/data/ready-for-import` }),
  directory({ path: `${dir}/logs` }),
  directory({ path: '/root/backups', mode: '0700' }),
  link({ path: `${dir}/backups`, target: '/root/backups' }),
]

/** What no task can say. */
export const oneOffs = ({ commands }: Vars): Task[] =>
  commands.map(({ title, unless, run, timeout }) =>
    script({
      title,
      timeout,
      // By standard input: an argument could be read by everybody on the host.
      check: async ($) => (await $`bash ${blob(unless)}`.exitCode) === 0,
      apply: ($) => $`bash ${blob(run)}`,
    }),
  )
