import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import type { Event } from '../../lib/events.ts'
import { role, Secret, type Task } from '../../lib/index.ts'
import { prelude } from '../../lib/language/prelude.ts'
import { runFleet } from '../../lib/runner/fleet.ts'
import { openSession } from '../../lib/session/open.ts'
import { absent, held, installed, version } from '../../tasks/apt.ts'
import { authorizedKeys } from '../../tasks/authorized-keys.ts'
import { block } from '../../tasks/block.ts'
import { debconf } from '../../tasks/debconf.ts'
import { group } from '../../tasks/group.ts'
import { hostname } from '../../tasks/hostname.ts'
import { line, noLine } from '../../tasks/line.ts'
import { locale } from '../../tasks/locale.ts'
import { mount } from '../../tasks/mount.ts'
import { sudoers } from '../../tasks/sudoers.ts'
import { swap } from '../../tasks/swap.ts'
import { sysctl } from '../../tasks/sysctl.ts'
import { timezone } from '../../tasks/timezone.ts'
import { user } from '../../tasks/user.ts'
import { down, list, reset, ssh, up } from '../sandbox/index.ts'

const NAME = 'nouns'
const SITE = { domain: 'example.org', project: 'x', dir: '/root/x' }
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINidI/Fcszd0O3Sf/TOUxMjpMDcM1xMp3mr2MyD/hM7M me@laptop'
const HASH = new Secret(
  'deploy',
  '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/',
)

const tasks = (): Task[] => [
  debconf('tzdata', { 'tzdata/Areas': ['select', 'Europe'], 'tzdata/Zones/Europe': ['select', 'Warsaw'] }),
  installed(['bc', 'locales'], { bc: [version('bc').unsettled] }),
  held(['bc']),
  absent(['nano'], { purge: true }),
  group({ name: 'ops', gid: 4400 }),
  user({ name: 'deploy', groups: ['ops'], comment: "It's $(id)", shell: '/bin/sh', password: HASH }),
  user({ name: 'daemon2', system: true }),
  authorizedKeys({ user: 'deploy', keys: [`restrict ${KEY}`], exactly: true }),
  sudoers({ name: 'deploy', rules: ['deploy ALL=(root) NOPASSWD: /usr/bin/true'] }),
  ...hostname(NAME, 'example.org'),
  timezone('Europe/Warsaw'),
  locale({ lang: 'pl_PL.UTF-8' }),
  ...sysctl({
    name: '60-nouns',
    values: { 'net.ipv4.conf.all.log_martians': 1, 'net.ipv4.ip_local_port_range': '20000 60000' },
  }),
  ...mount({ source: 'tmpfs', target: '/srv/tu mount', type: 'tmpfs', options: ['nosuid', 'size=1m'] }),
  ...swap({ mib: 0 }),
  line({ path: '/etc/login.defs', line: 'UMASK\t\t027', match: /^UMASK\s/ }),
  line({ path: '/etc/login.defs', line: '# nouns' }),
  block({ path: '/etc/nouns.conf', name: 'one', body: 'a\nb', create: true, mode: '0600' }),
  block({ path: '/etc/nouns.conf', name: 'two', body: 'c', comment: ';', create: true }),
  noLine({ path: '/etc/none', match: /x/ }),
]

const run = async (dryRun: boolean) => {
  const events: Event[] = []
  const host = (await list()).find(({ name }) => name === NAME)
  if (host === undefined) throw new Error(`${NAME} is not up`)
  const { stdout: hostKey } = await ssh(NAME, 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')
  const target = {
    ...{ name: NAME, address: host.address, port: 22, user: 'root', identityFile: host.identityFile, site: SITE },
    ...{ first: undefined, passphrase: undefined, proxyJump: undefined, hostKey: hostKey.split(' ')[1] },
    ...{ connection: 'ssh' as const, become: undefined, connectTimeout: 10, groups: [] },
  }
  const nouns = role({ name: 'nouns', vars: z.unknown(), tasks })
  const code = await runFleet({
    ...{ id: 'x', version: '0', roles: ['nouns'], dryRun, diff: true, verbose: false, forks: 1, renderer: 'silent' },
    targets: [
      {
        ...{ name: NAME, site: SITE, assignments: [{ role: nouns, vars: {} }] },
        open: () => Promise.resolve(openSession(target, { prelude })),
      },
    ],
    signal: new AbortController().signal,
    emit: (event) => void events.push(event),
  })
  const told = events.flatMap((event) => (event.event === 'task' ? [event] : []))
  const with_ = (status: string) => told.filter((event) => event.status === status).map(({ task }) => task)
  const summary = events.find((event) => event.event === 'summary')
  return { code, told, events, with: with_, trips: summary?.hosts[NAME]?.trips }
}

beforeAll(async () => {
  await up([NAME])
  await reset([NAME])
})
afterAll(() => down([NAME]))

it('do on a bare host what they foretell, and nothing the second time', async () => {
  const dry = await run(true)
  const first = await run(false)
  expect(first.told.filter(({ status }) => status === 'failed')).toEqual([])
  expect(first.with('changed')).toEqual(dry.with('would-change'))
  expect(dry.with('unknown')).toEqual([])
  const second = await run(false)
  expect(second.with('changed')).toEqual([])
  expect({ code: second.code, trips: second.trips }).toEqual({ code: 0, trips: 1 })
})

it('mend each drift alone', async () => {
  const drifts: [string, string][] = [
    ['apt-mark unhold bc', 'apt hold bc'],
    ['usermod -s /bin/bash deploy', 'user deploy'],
    ['passwd -d deploy', 'user deploy'],
    ['gpasswd -d deploy ops', 'user deploy'],
    [`echo '${KEY.replace('hM7M', 'hM7N')}' >> /home/deploy/.ssh/authorized_keys`, 'authorized keys of deploy'],
    ['chmod 755 /home/deploy/.ssh', 'authorized keys of deploy'],
    ['echo "deploy ALL=(ALL) ALL" > /etc/sudoers.d/deploy', 'sudoers deploy'],
    ['ln -sf /usr/share/zoneinfo/UTC /etc/localtime', 'timezone'],
    ['echo LANG=C > /etc/locale.conf', 'locale'],
    ['sysctl -qw net.ipv4.ip_local_port_range="1024 65000"', 'kernel settings 60-nouns, in force'],
    ['umount "/srv/tu mount"', 'mount /srv/tu mount'],
    ['sed -i /tmpfs/d /etc/fstab', 'fstab /srv/tu mount'],
    ['sed -i "s/^UMASK.*/UMASK 022/" /etc/login.defs', 'line in /etc/login.defs: ^UMASK\\s'],
    ['sed -i "/BEGIN trueup one/,/END/s/a/x/" /etc/nouns.conf', 'block one in /etc/nouns.conf'],
    ['sed -i s/web/x/g /etc/hosts; sed -i /127.0.1.1/d /etc/hosts', 'hostname in /etc/hosts'],
  ]
  for (const [command, task] of drifts) {
    const broken = await ssh(NAME, command)
    expect(broken.code, command + broken.stderr).toBe(0)
    const mended = await run(false)
    expect(mended.with('changed'), command).toEqual([task])
    expect({ code: mended.code, trips: mended.trips }, command).toEqual({ code: 0, trips: 2 })
  }
})

it('refuse sudo rules that would lock everybody out', async () => {
  const { stderr, code } = await ssh(
    NAME,
    `${prelude}\nprintf 'deploy ALL=(\\n' | tu_put /etc/sudoers.d/deploy 0440 root root /etc/sudoers.d 'visudo -c'`,
  )
  expect(code).not.toBe(0)
  expect(stderr).toContain('nothing was replaced')
})
