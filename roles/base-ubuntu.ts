import * as z from 'zod'
import { type HostFacts, role, script, sh, type Site, type Task } from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { authorizedKeys } from '../tasks/authorized-keys.ts'
import { directory } from '../tasks/directory.ts'
import { file, type Validate } from '../tasks/file.ts'
import { group } from '../tasks/group.ts'
import { hostname } from '../tasks/hostname.ts'
import { link } from '../tasks/link.ts'
import { locale } from '../tasks/locale.ts'
import { promised } from '../tasks/resources.ts'
import { sudoers } from '../tasks/sudoers.ts'
import { swap } from '../tasks/swap.ts'
import { sysctl } from '../tasks/sysctl.ts'
import { reload, restart, running, unit } from '../tasks/systemd.ts'
import { timezone } from '../tasks/timezone.ts'
import { user } from '../tasks/user.ts'
import * as template from '../templates/base.ts'

const Vars = z.strictObject({
  hostname: z.string().optional().describe('Left as it is unless given'),
  timezone: z.string().default('Europe/Warsaw'),
  locale: z.string().default('C.UTF-8'),
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
  sysctl: z
    .record(z.string(), z.union([z.string(), z.int()]))
    .default({})
    .describe("Kernel settings beside the role's own; in a container net.* only"),
  swap: z.int().min(0).default(4).describe('GB; 0 in a container'),
  commands: z
    .array(
      z.strictObject({ title: z.string(), unless: z.string().describe('Succeeds once it is done'), run: z.string() }),
    )
    .default([])
    .describe('One-offs in shell that no task can say; each costs a round trip in every run'),
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

/** Against spoofed and redirected packets; forwarding stays on, since containers live by it (D44). */
const NETWORK = {
  'net.ipv4.ip_forward': 1,
  'net.ipv4.conf.all.rp_filter': 1,
  'net.ipv4.conf.default.rp_filter': 1,
  'net.ipv4.conf.all.accept_redirects': 0,
  'net.ipv4.conf.default.accept_redirects': 0,
  'net.ipv4.conf.all.send_redirects': 0,
  'net.ipv4.conf.default.send_redirects': 0,
  'net.ipv4.conf.all.accept_source_route': 0,
  'net.ipv4.tcp_syncookies': 1,
  'net.ipv6.conf.all.accept_redirects': 0,
  'net.ipv6.conf.default.accept_redirects': 0,
  'net.core.somaxconn': 4096,
}

/** The kernel's own; in a container it is the machine's and left alone. */
const KERNEL = {
  'kernel.dmesg_restrict': 1,
  'kernel.kptr_restrict': 2,
  'kernel.yama.ptrace_scope': 1,
  'fs.suid_dumpable': 0,
  'fs.protected_fifos': 2,
  'fs.protected_regular': 2,
  'vm.swappiness': 10,
}

/** @throws TypeError in a container for a setting that would be the machine's */
const kernel = ({ sysctl: more, swap: gb }: Vars, { container }: HostFacts): Task[] => {
  const foreign = container ? Object.keys(more).find((name) => !name.startsWith('net.')) : undefined
  if (foreign !== undefined)
    throw new TypeError(`sysctl ${foreign} in a container is the machine's own; only net.* can be set there`)
  if (container && gb > 0) throw new TypeError('a container has no swap of its own: say `swap: 0`')
  return [
    ...sysctl({ name: '60-trueup', values: { ...NETWORK, ...(container ? {} : KERNEL), ...more } }),
    ...(container ? [] : swap({ mib: gb * 1024 })),
  ]
}

const oneOffs = ({ commands }: Vars): Task[] =>
  commands.map(({ title, unless, run }) =>
    script({
      title,
      check: async ($) => (await $`bash -c ${unless}`.exitCode) === 0,
      apply: ($) => $`bash -c ${run}`,
    }),
  )

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
    ...(vars.hostname === undefined ? [] : hostname(vars.hostname)),
    timezone(vars.timezone),
    locale({ lang: vars.locale }),
    ...(vars.packages.length > 0 ? [apt.installed(vars.packages, {}, { title: 'apt install base packages' })] : []),
    ...upgrades(),
    ...deployer(vars.deploy),
    ...access(vars),
    ...kernel(vars, host),
    ...journal(vars),
    ...clock(host),
    ...folders(site),
    ...oneOffs(vars),
  ],
})
