import { type Task } from '../../lib/index.ts'
import * as apt from '../../tasks/apt.ts'
import { securitySource } from '../../tasks/apt-sources.ts'
import { file } from '../../tasks/file.ts'
import { running, unit, up } from '../../tasks/systemd.ts'
import * as template from '../../templates/base.ts'
import type { Vars } from './vars.ts'

/** What the role's own tasks stand on; one installation for all, since each costs the host seconds of dpkg's triggers. */
const SERVICES = [
  'acct',
  'chrony',
  'cron',
  'debsums',
  'fail2ban',
  'kmod',
  'libpam-pwquality',
  'logrotate',
  'needrestart',
  'nftables',
  'openssh-server',
  'python3-systemd',
  'sysstat',
  'unattended-upgrades',
]

/** What an operator expects to find, and what the rest of the role needs. */
export const packages = (more: Vars['packages'], codename: string): Task => {
  // Debian's packages start what they install; but Debian 12's fail2ban looks for a log that only rsyslog writes, and ends.
  const failed = codename === 'bookworm' ? ['fail2ban'] : []
  const started = ['acct', 'chrony', 'cron', 'fail2ban', 'unattended-upgrades'].map(
    (name) => [name, [unit(name).is(failed.includes(name) ? { ...up, active: false } : up)]] as const,
  )
  const names = [...new Set([...SERVICES, ...more])].sort()
  return apt.installed(names, Object.fromEntries(started), { title: 'apt install base packages' })
}

/** Upgrades of the security archive by night, which leave the container engine alone and restart nothing by themselves. */
export const upgrades = (codename: string): Task[] => [
  securitySource(codename),
  file({ path: '/etc/apt/apt.conf.d/20auto-upgrades', content: template.autoUpgrades }),
  file({ path: '/etc/apt/apt.conf.d/52trueup-upgrades', content: template.unattendedUpgrades }),
  running('apt-daily.timer'),
  running('apt-daily-upgrade.timer'),
  file({ path: '/etc/needrestart/conf.d/90-trueup.conf', content: template.needrestart }),
]
