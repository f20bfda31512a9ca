import { describe, expect, it } from 'vitest'
import { Secret, type Task } from '../../lib/index.ts'
import cron from '../../roles/cron.ts'
import { jobSettings, msmtprc } from '../../templates/jobs.ts'
import { NOBLE, SITE } from './facts.ts'

const tasks = (vars: object = {}, site = SITE): readonly Task[] =>
  cron.tasks({ vars: cron.vars.parse(vars), site, host: NOBLE })
const text = (list: readonly Task[], title: string): string => {
  const task = list.find((one) => one.title === title)
  return task?.kind === 'task' ? (task.preview?.after('') ?? 'a secret') : 'none'
}

it('has the jobs of the description at their times', () => {
  expect(text(tasks(), 'cron jobs moja-dzialka')).toBe(`SHELL="/bin/sh"
PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MAILTO=""
0 3 * * * root /usr/local/sbin/moja-dzialka-job /etc/moja-dzialka-jobs.env backup /var/log/moja-dzialka-backup.log -- /root/moja-dzialka/scripts/backup.sh
0 4 * * 0 root /usr/local/sbin/moja-dzialka-job /etc/moja-dzialka-jobs.env docker-cleanup /var/log/docker-cleanup.log -- systemctl start docker-cleanup.service
0 6 * * * root /usr/local/sbin/moja-dzialka-job /etc/moja-dzialka-jobs.env disk /var/log/moja-dzialka-disk.log --tell always -- df -h /
0 5 * * 0 root /usr/local/sbin/moja-dzialka-job /etc/moja-dzialka-jobs.env restore-test /var/log/moja-dzialka-backup.log -- /root/moja-dzialka/scripts/restore-test.sh
`)
})

it('has them where the description looks for them (R41)', () => {
  const found = tasks().find(({ title }) => title === `link ${SITE.dir}/scripts/moja-dzialka-cron`)
  expect(found?.kind === 'task' && found.want.want).toMatchObject({ type: 'link', target: '/etc/cron.d/moja-dzialka' })
})

it('leaves out what is never to run, and quotes what a shell would read', () => {
  const site = { ...SITE, dir: '/srv/50% of $HOME' }
  const content = text(tasks({ cleanup: 'never', disk: 'never', restoreTest: 'never' }, site), 'cron jobs moja-dzialka')
  expect(content.split('\n').filter((line) => line.includes(' root '))).toEqual([
    expect.stringContaining(String.raw`-- '/srv/50\% of $HOME/scripts/backup.sh'`),
  ])
})

it('refuses a project whose file cron would ignore', () => {
  expect(() => tasks({}, { ...SITE, project: 'moja.dzialka' })).toThrow('ignores')
})

it('installs a mail relay only where there is one, and keeps its password to itself', () => {
  expect(tasks().map(({ title }) => title)).not.toContain('file /etc/msmtprc')
  const mail = {
    to: 'a@example.com',
    from: 'b@example.com',
    relay: { host: 'smtp.example.com', user: 'u', password: 'canary' },
  }
  const list = tasks({ mail, webhook: 'https://hooks.example/canary' })
  expect(list.map(({ title }) => title)).toContain('file /etc/msmtprc')
  expect(JSON.stringify(list)).not.toContain('canary')
})

describe('variables', () => {
  const mail = (relay: object) => ({
    mail: { to: 'a@example.com', from: 'b@example.com', relay: { host: 'smtp.example.com', ...relay } },
  })
  it.each([
    { backup: '0 25 * * *' },
    { backup: '0 0 31 2 *' },
    { disk: '@never' },
    { cleanup: '' },
    { mail: { to: 'a@example.com\nBcc: b@example.com', from: 'b@example.com', relay: { host: 'x' } } },
    mail({ user: 'u' }),
    mail({ password: 'p' }),
    mail({ user: 'u', password: 'p', tls: 'off' }),
    mail({ host: 'a b' }),
  ])('refuse %j', (vars) => {
    expect(cron.vars.safeParse(vars).success).toBe(false)
  })
})

it("is msmtp's configuration", () => {
  const relay = {
    host: 'smtp.example.com',
    port: 587,
    tls: 'starttls',
    user: 'me',
    password: new Secret('p', 'a "b\\#'),
  } as const
  const rc = msmtprc({ to: 'a@example.com', from: 'b@example.com', relay })
  expect(rc instanceof Secret && rc.reveal()).toBe(`# Managed by trueup: changes made here are put back.
account relay
host "smtp.example.com"
port 587
from "b@example.com"
timeout 30
tls on
tls_starttls on
auth on
user "me"
password "a "b\\#"
syslog LOG_MAIL
account default : relay
`)
  expect(() => msmtprc({ to: 'a', from: 'b\nproxy_host x', relay })).toThrow(TypeError)
  expect(jobSettings({})).toContain("MAIL_TO=''\nMAIL_FROM=''\nWEBHOOK=''\n")
})
