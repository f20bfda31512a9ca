import { describe, expect, it } from 'vitest'
import { type Declared, type Drift, raw, sh, type State, type Task } from '../../lib/index.ts'
import { hostname, hostnameState } from '../../tasks/hostname.ts'
import { locale, localeState } from '../../tasks/locale.ts'
import { mount, mountAt } from '../../tasks/mount.ts'
import { sysctl } from '../../tasks/sysctl.ts'
import { swap, swapAt } from '../../tasks/swap.ts'
import { timezone, timezoneState } from '../../tasks/timezone.ts'
import { bash, canCopy, throwaway } from './bash.ts'
import { nothing } from '../found.ts'

const apply = (task: Task | undefined, drift: Partial<Drift> = {}) =>
  (task as Declared).apply({ now: {}, changes: [], keys: [], ...drift })
const mark = sh`echo @@@`
const after = (stdout: string) => stdout.split('@@@\n')[1] ?? ''

describe('reading', () => {
  it('tells kernel settings apart that are there, that are not and that cannot be read', () => {
    const [, live] = sysctl({ name: 'x', values: { 'net.ipv4.tcp_rmem': 1, 'vm.no_such': 1, 'kernel.ostype': 'x' } })
    const { probe } = (live as Declared).want
    const keys = [probe.key, 'vm.drop_caches']
    const { stdout, code } = bash(probe.family.read(keys))
    expect(code).toBe(0)
    const facts = probe.family.parse(stdout, keys, nothing)
    expect(facts.get(probe.key)).toEqual({
      'net.ipv4.tcp_rmem': expect.stringMatching(/^\d+ \d+ \d+$/) as string,
      'vm.no_such': null,
      'kernel.ostype': 'Linux',
    })
    expect(String(facts.get('vm.drop_caches'))).toContain('vm.drop_caches cannot be read')
  })

  it.each([hostnameState, timezoneState, localeState, mountAt('/proc'), swapAt('/no such\nfile')])('$id', ({
    family,
    key,
  }) => {
    const { stdout, code, stderr } = bash(family.read([key]))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(family.parse(stdout, [key], nothing).get(key)).not.toBeInstanceOf(Error)
  })
})

describe.skipIf(!canCopy())('changing', { timeout: 60_000 }, () => {
  it('the hostname', () => {
    const { stdout, code } = throwaway(apply(hostname('tu-name')[0]), mark, hostnameState.family.read(['']))
    expect(code).toBe(0)
    expect(hostnameState.family.parse(after(stdout), [''], nothing).get('')).toEqual({
      live: 'tu-name',
      stored: 'tu-name',
    })
  })

  it.each([
    'echo Etc/UTC > /etc/timezone',
    'rm -f /etc/timezone',
    'rm /etc/localtime; cp /usr/share/zoneinfo/UTC /etc/localtime',
  ])('the time zone after %s', (before) => {
    const { stdout, code } = throwaway(
      `[ -d /usr/share/zoneinfo/Europe ] || { mkdir -p /usr/share/zoneinfo/Europe; : > /usr/share/zoneinfo/Europe/Warsaw; }; ${before}`,
      apply(timezone('Europe/Warsaw')),
      mark,
      timezoneState.family.read(['']),
    )
    expect(code).toBe(0)
    expect(timezoneState.family.parse(after(stdout), [''], nothing).get('')).toEqual({
      zone: 'Europe/Warsaw',
      consistent: true,
    })
  })

  it('no time zone that there is not', () => {
    const { code, stderr } = throwaway(apply(timezone('Europe/Nowhere')))
    expect(code).not.toBe(0)
    expect(stderr).toContain('/usr/share/zoneinfo/Europe/Nowhere is not there')
  })

  it.each([
    ['rm -f /etc/default/locale', '/etc/default/locale', 'LANG=C.UTF-8\n'],
    ["printf 'LC_TIME=C\\nLANG=de_DE.UTF-8' > /etc/default/locale", '/etc/default/locale', 'LC_TIME=C\nLANG=C.UTF-8\n'],
    ['echo LANG=C > /etc/locale.conf; ln -sf ../locale.conf /etc/default/locale', '/etc/locale.conf', 'LANG=C.UTF-8\n'],
  ])('the default locale after %s', (before, path, content) => {
    const { stdout, code } = throwaway(
      before,
      apply(locale({ lang: 'C.UTF-8' }), { keys: ['LANG'] }),
      mark,
      sh`cat ${path}; test ! -L ${path}`,
    )
    expect({ code, content: after(stdout) }).toEqual({ code: 0, content })
  })

  it('the locales that there are', () => {
    const task = locale({ lang: 'C.UTF-8', also: ['pl_PL.UTF-8'] })
    const now: State = {}
    const keys = ['made:pl_PL.UTF-8', 'listed:pl_PL.UTF-8']
    const fake = `printf '#!/bin/sh\\necho made\\n' > /usr/sbin/locale-gen; chmod +x /usr/sbin/locale-gen; printf '# x\\nen_US.UTF-8 UTF-8' > /etc/locale.gen`
    const { stdout, code } = throwaway(fake, apply(task, { now, keys }), mark, sh`cat /etc/locale.gen`)
    expect({ code, list: after(stdout) }).toEqual({ code: 0, list: '# x\nen_US.UTF-8 UTF-8\npl_PL.UTF-8 UTF-8\n' })
    const missing = throwaway('rm -f /usr/sbin/locale-gen', apply(task, { now, keys }))
    expect(missing.stderr).toContain('the package locales is needed')
  })

  it('what is mounted', () => {
    const [, task] = mount({
      source: 'tmpfs',
      target: '/srv/tu mount',
      type: 'tmpfs',
      options: ['nosuid', 'noexec', 'size=1m'],
    })
    const fstab = sh`printf '%s\n' ${'tmpfs /srv/tu\\040mount tmpfs nosuid,noexec,size=1m'} > /etc/fstab`
    const { stdout, code, stderr } = throwaway(
      fstab,
      apply(task, { now: { mounted: null } }),
      mark,
      mountAt('/').family.read([]),
    )
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(mountAt('/').family.parse(after(stdout), ['/srv/tu mount'], nothing).get('/srv/tu mount')).toMatchObject({
      ...{ mounted: true, type: 'tmpfs', 'option:nosuid': true, 'option:noexec': true },
    })
    const remount = sh`mount -o remount,suid ${'/srv/tu mount'}`
    const again = throwaway(
      ...[
        fstab,
        apply(task, { now: { mounted: null } }),
        remount,
        apply(task, { now: { mounted: true }, keys: ['option:nosuid'] }),
      ],
      ...[mark, mountAt('/').family.read([])],
    )
    expect(
      mountAt('/').family.parse(after(again.stdout), ['/srv/tu mount'], nothing).get('/srv/tu mount'),
    ).toMatchObject({
      'option:nosuid': true,
    })
  })

  it('swap, without what only a kernel of its own may do', () => {
    const fakes = 'swapon() { echo "on $1"; }; swapoff() { echo "off $1"; }; mkswap() { :; }; '
    const [task] = swap({ path: '/tmp/swapfile', mib: 8 })
    const { stdout, code } = throwaway(
      sh`${raw(fakes)}${apply(task, { now: { active: true }, keys: ['mib'] })}`,
      mark,
      swapAt('/').family.read(['/tmp/swapfile']),
    )
    expect(code).toBe(0)
    expect(stdout).toContain('off /tmp/swapfile\non /tmp/swapfile\n')
    expect(swapAt('/').family.parse(after(stdout), ['/tmp/swapfile'], nothing).get('/tmp/swapfile')).toEqual({
      ...{ mib: 8, mode: '0600', active: false },
    })
    const [large] = swap({ path: '/tmp/swapfile', mib: 100_000_000 })
    const full = throwaway(apply(large, { now: { active: false }, keys: ['mib'] }))
    expect(full.code).not.toBe(0)
    expect(full.stderr).toMatch(/100000000 MiB of swap and 256 MiB to spare do not fit into \d+ MiB/)
  })
})
