const MANAGED = '# Managed by trueup: changes made here are put back.\n'

/**
 * sshd's drop-in. The first value that sshd reads holds (sshd_config(5)), hence a name ahead of cloud-init's drop-in.
 * Root may come in by key: it is how this host is provisioned.
 */
export const sshd = (options: {
  readonly maxAuthTries: number
  readonly maxSessions: number
}): string => `${MANAGED}PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
AuthorizedKeysFile .ssh/authorized_keys
PermitRootLogin prohibit-password
MaxAuthTries ${options.maxAuthTries}
MaxSessions ${options.maxSessions}
LoginGraceTime 30
X11Forwarding no
AllowAgentForwarding no
ClientAliveInterval 60
ClientAliveCountMax 3
`

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
 * fail2ban's jail for sshd, read from the journal (jail.conf(5)).
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
`

/** In a container the clock is the machine's: chronyd watches it and keeps its hands off (chronyd(8), -x). */
export const chronyDefaults = (container: boolean): string => `${MANAGED}DAEMON_OPTS="-F 1${container ? ' -x' : ''}"
`
