import * as z from 'zod'
import { type HostFacts, role, sh, type Site, type Task } from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { authorizedKeys } from '../tasks/authorized-keys.ts'
import { directory } from '../tasks/directory.ts'
import { file, type Validate } from '../tasks/file.ts'
import { group } from '../tasks/group.ts'
import { link } from '../tasks/link.ts'
import { promised } from '../tasks/resources.ts'
import { sudoers } from '../tasks/sudoers.ts'
import { reload, restart, running, unit } from '../tasks/systemd.ts'
import { user } from '../tasks/user.ts'
import * as template from '../templates/base.ts'

const Vars = z.strictObject({
  packages: z
    .array(z.string())
    .default(['ca-certificates', 'curl', 'git', 'gnupg', 'htop', 'jq', 'rsync', 'unzip'])
    .describe('What an operator expects to find'),
  deploy: z
    .strictObject({
      user: z.string().default('deploy'),
      keys: z.array(z.string()).default([]).describe('Public keys that may log in; others that are there stay'),
      sudo: z.boolean().default(true).describe('Root without a password'),
    })
    .prefault({}),
  ssh: z
    .strictObject({ maxAuthTries: z.int().min(1).default(4), maxSessions: z.int().min(2).default(10) })
    .prefault({}),
  admin: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .default([])
    .describe('Networks that are never banned'),
  journal: z
    .string()
    .regex(/^\d+[KMG]$/)
    .default('500M')
    .describe('Disk space for the journal'),
  promises: z
    .strictObject({
      cpus: z.int().optional(),
      memoryMb: z.int().optional(),
      diskGb: z.int().optional(),
      freeDiskGb: z.int().optional(),
    })
    .prefault({})
    .describe('What the machine was bought with; less is a warning'),
})

type Vars = z.infer<typeof Vars>

const preflight = ({ cpus, memoryMb, diskGb, freeDiskGb }: Vars['promises']): Task[] =>
  Object.entries({ cpus, memoryMb, diskGb, freeDiskGb }).flatMap(([what, least]) =>
    least === undefined ? [] : [promised(what as 'cpus', least)],
  )

const upgrades = (): Task[] => [
  apt.installed(['unattended-upgrades'], { 'unattended-upgrades': [unit('unattended-upgrades').is(UP)] }),
  file({ path: '/etc/apt/apt.conf.d/20auto-upgrades', content: template.autoUpgrades }),
  file({ path: '/etc/apt/apt.conf.d/52trueup-upgrades', content: template.unattendedUpgrades }),
  running('apt-daily.timer'),
  running('apt-daily-upgrade.timer'),
  directory({ path: '/etc/needrestart' }),
  directory({ path: '/etc/needrestart/conf.d' }),
  file({ path: '/etc/needrestart/conf.d/90-trueup.conf', content: template.needrestart }),
]

/** Debian's packages start what they install. */
const UP = { active: true, enabled: true, masked: false, stale: false } as const

const deployer = ({ user: name, keys, sudo }: Vars['deploy']): Task[] => [
  group({ name }),
  user({ name, group: name, shell: '/bin/bash' }),
  ...(keys.length > 0 ? [authorizedKeys({ user: name, keys })] : []),
  ...(sudo ? [sudoers({ name, rules: [`${name} ALL=(ALL) NOPASSWD: ALL`] })] : []),
]

const sshd: Validate = { tree: '/etc/ssh', check: sh`mkdir -p /run/sshd && sshd -t` }

const access = ({ ssh, admin }: Vars): Task[] => [
  file({
    path: '/etc/ssh/sshd_config.d/00-trueup.conf',
    content: template.sshd(ssh),
    validate: sshd,
    notifies: reload('ssh'),
  }),
  apt.installed(['fail2ban', 'python3-systemd', 'nftables'], { fail2ban: [unit('fail2ban').is(UP)] }),
  file({ path: '/etc/fail2ban/jail.d/trueup.local', content: template.fail2ban(admin), notifies: restart('fail2ban') }),
  running('fail2ban'),
]

const journal = ({ journal: limit }: Vars): Task[] => [
  directory({ path: '/etc/systemd/journald.conf.d' }),
  file({
    path: '/etc/systemd/journald.conf.d/trueup.conf',
    content: template.journald(limit),
    notifies: restart('systemd-journald'),
  }),
  directory({ path: '/etc/systemd/coredump.conf.d' }),
  file({ path: '/etc/systemd/coredump.conf.d/trueup.conf', content: template.coredump }),
  file({ path: '/etc/security/limits.d/90-trueup.conf', content: template.coreLimits }),
  apt.installed(['logrotate']),
  apt.installed(['cron'], { cron: [unit('cron').is(UP)] }),
  running('cron'),
]

const clock = ({ container }: HostFacts): Task[] => [
  apt.installed(['chrony'], { chrony: [unit('chrony').is(UP)] }),
  file({ path: '/etc/default/chrony', content: template.chronyDefaults(container), notifies: restart('chrony') }),
  running('chrony'),
]

const folders = ({ dir }: Site): Task[] => [
  directory({ path: dir }),
  directory({ path: `${dir}/data` }),
  directory({ path: `${dir}/data/ready-for-import` }),
  directory({ path: `${dir}/logs` }),
  directory({ path: '/root/backups', mode: '0700' }),
  link({ path: `${dir}/backups`, target: '/root/backups' }),
]

/** The ground that everything else stands on: upgrades, people and their access, logs, the clock, and the folders. */
export default role({
  name: 'base-ubuntu',
  vars: Vars,
  tasks: ({ vars, site, host }) => [
    ...preflight(vars.promises),
    ...(vars.packages.length > 0 ? [apt.installed(vars.packages, {}, { title: 'apt install base packages' })] : []),
    ...upgrades(),
    ...deployer(vars.deploy),
    ...access(vars),
    ...journal(vars),
    ...clock(host),
    ...folders(site),
  ],
})
