const MANAGED = '# Managed by trueup: changes made here are put back.\n'

/** When apt looks for upgrades by itself, and installs those of the security archive (apt.conf(5)). */
export const autoUpgrades = `${MANAGED.replace('#', '//')}APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
APT::Periodic::AutocleanInterval "7";
`

/** What unattended upgrades leave alone: an upgrade of the container engine stops the stack (D41). */
export const unattendedUpgrades = `${MANAGED.replace('#', '//')}Unattended-Upgrade::Package-Blacklist {
  "docker";
  "containerd";
  "runc";
};
Unattended-Upgrade::Automatic-Reboot "false";
Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";
`

/** needrestart lists what should be restarted and restarts nothing by itself (D39). */
export const needrestart = `${MANAGED}$nrconf{restart} = 'l';
$nrconf{kernelhints} = 0;
`

/** @param limit - such as `500M`; journald.conf(5), SystemMaxUse */
export const journald = (limit: string): string => `${MANAGED}[Journal]
Storage=persistent
SystemMaxUse=${limit}
Compress=yes
`

/** Memory images of crashed programs can hold secrets and fill disks: none are kept (coredump.conf(5)). */
export const coredump = `${MANAGED}[Coredump]
Storage=none
ProcessSizeMax=0
`

/** The same for programs that systemd-coredump does not catch (limits.conf(5)). */
export const coreLimits = `${MANAGED}* hard core 0
`

/**
 * No memory images for what is started from a login either, and an end for shells that somebody left open.
 *
 * @param idle - minutes at a prompt; 0 is for ever (bash(1), TMOUT)
 */
export const profile = (idle: number): string => `${MANAGED}ulimit -c 0
${idle === 0 ? '' : `TMOUT=${idle * 60}\nreadonly TMOUT\nexport TMOUT\n`}`

/**
 * fail2ban's jail for sshd, read from the journal (jail.conf(5)). It bans from all ports, whichever sshd listens on.
 *
 * @param admin - networks that are never banned
 */
export const fail2ban = (admin: readonly string[]): string => `${MANAGED}[DEFAULT]
ignoreip = ${['127.0.0.1/8', '::1', ...admin].join(' ')}
banaction = nftables-multiport
banaction_allports = nftables-allports
bantime = 1h
findtime = 10m
maxretry = 5

[sshd]
enabled = true
backend = systemd
banaction = %(banaction_allports)s
`

/** In a container the clock is the machine's: chronyd watches it and keeps its hands off (chronyd(8), -x). */
export const chronyDefaults = (container: boolean): string => `${MANAGED}DAEMON_OPTS="-F 1${container ? ' -x' : ''}"
`

/** What is said before a login at a console and by whatever else shows issue(5): no version, no name. */
export const issue = `This is a private system. Access is for authorized users only; all activity is logged and monitored.
Unauthorized access is prohibited and may be prosecuted under the law.
`

/**
 * Kernel modules that a server of this kind never needs and that had holes: they cannot be loaded by chance, nor by an
 * unprivileged program that opens a socket of theirs (modprobe.d(5)).
 */
export const modules = `${MANAGED}${[
  'dccp',
  'sctp',
  'rds',
  'tipc',
  'usb-storage',
  'firewire-core',
  'firewire-ohci',
  'firewire-sbp2',
]
  .map((name) => `install ${name} /bin/false\nblacklist ${name}\n`)
  .join('')}`

/** What logrotate(8) reads as something else than a letter of a path. */
const MEANT = /[\s"'{}#\\*?[\]]/

/**
 * Rotation of the project's own logs. What cron appends to is renamed; what programs keep open in the project's folder
 * is copied and cut.
 *
 * @throws TypeError on a folder or a project that logrotate would read differently
 */
export const logrotate = (dir: string, project: string): string => {
  for (const part of [dir, project])
    if (MEANT.test(part)) throw new TypeError(`logrotate would misread ${JSON.stringify(part)}`)
  const rules = 'weekly\n  rotate 8\n  maxsize 50M\n  compress\n  delaycompress\n  missingok\n  notifempty\n'
  return `${MANAGED}/var/log/${project}-*.log {
  ${rules}}

${dir}/logs/*.log {
  ${rules}  copytruncate
}
`
}

/** sysstat(5): figures every ten minutes, so that the night before can be looked at (sar(1)). */
export const sysstat = `${MANAGED}ENABLED="true"
`

/** Checks the files of packages against their checksums every week (debsums(1)); the result is mailed to root by cron. */
export const debsums = `${MANAGED}CRON_CHECK=weekly
`
