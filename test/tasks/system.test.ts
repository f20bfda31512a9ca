import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Declared, type Derived, type Drift, type State, type Task } from '../../lib/index.ts'
import { escapeField, fstabEntry, noFstabEntry, unescapeField, withEntry, withoutEntry } from '../../tasks/fstab.ts'
import { hostname, hostnameState } from '../../tasks/hostname.ts'
import { locale, localeState } from '../../tasks/locale.ts'
import { mount, mountAt, unmounted } from '../../tasks/mount.ts'
import { procPath, sysctl } from '../../tasks/sysctl.ts'
import { swap, swapAt } from '../../tasks/swap.ts'
import { type TextFileState } from '../../tasks/text.ts'
import { timezone, timezoneState } from '../../tasks/timezone.ts'
import { nothing } from '../found.ts'

const declared = (task: Task | undefined): Declared => {
  if (task?.kind !== 'task') throw new Error(task?.kind)
  return task
}
const command = (task: Task | undefined, drift: Partial<Drift> = {}) =>
  String(declared(task).apply({ now: {}, changes: [], keys: [], ...drift }))
const derive = (task: Task | undefined, text: string) =>
  declared(
    (task as Derived<TextFileState>).make({
      ...{ type: 'file', mode: '0644', owner: 'root', group: 'root', target: null, sha256: '', text },
    }),
  ).want.want['text']

describe('hostname', () => {
  it('is read twice, and written twice with the line that resolves it', () => {
    const parse = (output: string) => hostnameState.family.parse(output, [''], nothing).get('')
    expect(parse('web1\n\0# x\n\nweb2\n')).toEqual({ live: 'web1', stored: 'web2' })
    expect(parse('localhost\n\0')).toEqual({ live: 'localhost', stored: null })
    const [name, line] = hostname('web1', 'example.org')
    expect(command(name)).toBe("printf '%s\\n' web1 | tu_put /etc/hostname 0644 root root && hostname web1")
    expect(derive(line, '127.0.0.1 localhost\n127.0.1.1 old\n::1 x\n')).toBe(
      '127.0.0.1 localhost\n127.0.1.1\tweb1.example.org web1\n::1 x\n',
    )
    expect(derive(hostname('web1')[1], '127.0.0.1 localhost\n::1 x\n')).toBe(
      '127.0.0.1 localhost\n127.0.1.1\tweb1\n::1 x\n',
    )
  })
  it.each(['', '-a', 'a.b', 'A', 'a b', 'a\n', 'x'.repeat(64)])('refuses %j', (name) => {
    expect(() => hostname(name)).toThrow(TypeError)
  })
})

describe('timezone', () => {
  const parse = (output: string) => timezoneState.family.parse(output, [''], nothing).get('')
  it.each([
    ['/usr/share/zoneinfo/Etc/UTC\n\0', { zone: 'Etc/UTC', consistent: true }],
    ['../usr/share/zoneinfo/Europe/Warsaw\n\0Europe/Warsaw\n', { zone: 'Europe/Warsaw', consistent: true }],
    ['/usr/share/zoneinfo/Europe/Warsaw\n\0Etc/UTC\n', { zone: 'Europe/Warsaw', consistent: false }],
    ['\0Etc/UTC\n', { zone: null, consistent: false }],
  ])('is read from %j', (output, state) => {
    expect(parse(output)).toEqual(state)
  })
  it('is a link, and a file where there is one', () => {
    const task = timezone('Europe/Warsaw')
    expect(declared(task).want.want).toEqual({ zone: 'Europe/Warsaw', consistent: true })
    expect(command(task)).toContain('tu_link /etc/localtime /usr/share/zoneinfo/Europe/Warsaw &&')
  })
  it.each(['', '../etc/passwd', '/etc', 'a b', 'Europe/', 'a\n'])('refuses %j', (zone) => {
    expect(() => timezone(zone)).toThrow(TypeError)
  })
})

describe('locale', () => {
  const parse = (output: string) => localeState.family.parse(output, [''], nothing).get('')
  it('is read as made, listed and default', () => {
    expect(
      parse(
        'C\nC.utf8\nPOSIX\npl_PL.utf8\n\0# de_DE.UTF-8 UTF-8\npl_PL.UTF-8 UTF-8\nde_DE ISO-8859-1\n\0# x\nLANG="pl_PL.UTF-8"\nLC_TIME=C\n',
      ),
    ).toEqual({
      LANG: 'pl_PL.UTF-8',
      'made:C': true,
      'made:C.UTF-8': true,
      'made:POSIX': true,
      'made:pl_PL.UTF-8': true,
      'listed:pl_PL.UTF-8': true,
    })
    expect(parse('C\n\0\0')).toEqual({ LANG: null, 'made:C': true })
  })
  it('needs nothing to be made for C.UTF-8', () => {
    const task = declared(locale({ lang: 'C.UTF-8' }))
    expect(task.want.want).toEqual({ LANG: 'C.UTF-8' })
    expect(command(task, { keys: ['LANG'] })).not.toContain('locale-gen')
  })
  it('makes what is missing', () => {
    const task = locale({ lang: 'C.UTF-8', also: ['pl_PL.UTF-8', 'de_DE.UTF-8'] })
    const text = command(task, { now: { 'listed:de_DE.UTF-8': true }, keys: ['made:pl_PL.UTF-8', 'made:de_DE.UTF-8'] })
    expect(text).toContain("'pl_PL.UTF-8 UTF-8' | tu_put /etc/locale.gen 0644 root root &&\nlocale-gen")
    expect(text).not.toContain('LANG')
  })
  it.each(['pl_PL', 'pl', 'pl_PL.UTF-8\nx', '', 'POSIX'])('refuses %j', (lang) => {
    expect(() => locale({ lang })).toThrow(TypeError)
  })
})

describe('sysctl', () => {
  it.each([
    ['vm.swappiness', '/proc/sys/vm/swappiness'],
    ['net.ipv4.conf.eth0/100.rp_filter', '/proc/sys/net/ipv4/conf/eth0.100/rp_filter'],
    ['net/ipv4/conf/eth0.100/rp_filter', '/proc/sys/net/ipv4/conf/eth0.100/rp_filter'],
  ])('finds %s', (name, path) => {
    expect(procPath(name)).toBe(path)
  })
  it.each([
    '',
    'vm',
    '-w',
    'vm..x',
    'vm/../../etc',
    'vm.*',
    'vm.x y',
    '/etc/passwd',
    'net.ipv4.//.x',
  ])('refuses the name %j', (name) => {
    expect(() => sysctl({ name: 'x', values: { [name]: 1 } })).toThrow(TypeError)
  })
  it.each(['', ' ', '1\n2'])('refuses the value %j', (value) => {
    expect(() => sysctl({ name: 'x', values: { 'vm.x': value } })).toThrow(TypeError)
  })

  const [stored, live] = sysctl({
    name: '60-x',
    values: { 'vm.swappiness': 10, 'net.ipv4.tcp_rmem': '4096\t131072  6291456' },
  })
  it('is a file and what the kernel says', () => {
    expect(declared(stored).apply({ now: {}, changes: [], keys: [] }).blobs[0]?.bytes.toString()).toBe(
      'vm.swappiness = 10\nnet.ipv4.tcp_rmem = 4096 131072 6291456\n',
    )
    const { want } = declared(live)
    const facts = want.probe.family.parse(
      '=60\0=4096\t131072\t6291456\0\0!\0',
      [want.probe.key, 'a.b', 'vm.drop_caches'],
      nothing,
    )
    expect(facts.get(want.probe.key)).toEqual({ 'vm.swappiness': '60', 'net.ipv4.tcp_rmem': '4096 131072 6291456' })
    expect(facts.get('a.b')).toEqual({ 'a.b': null })
    expect(facts.get('vm.drop_caches')).toBeInstanceOf(Error)
    expect(want.want).toEqual({ 'vm.swappiness': '10', 'net.ipv4.tcp_rmem': '4096 131072 6291456' })
    expect(command(live, { changes: [{ key: 'net.ipv4.tcp_rmem', from: null, to: '4096 131072 6291456' }] })).toBe(
      "sysctl --quiet --write 'net.ipv4.tcp_rmem=4096 131072 6291456'",
    )
  })
})

describe('fstab', () => {
  const entry = { source: 'UUID=ab cd', target: '/mnt/my disk', type: 'ext4', options: ['noatime', 'nofail'], pass: 2 }
  const line = 'UUID=ab\\040cd\t/mnt/my\\040disk\text4\tnoatime,nofail\t0\t2'
  it('has fields that come back as they were', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => !/[\n\r\0]/.test(text)),
        (text) => {
          expect(unescapeField(escapeField(text))).toBe(text)
          expect(escapeField(text)).not.toMatch(/[ \t#]/)
        },
      ),
    )
  })
  it.each([
    ['# x\n/dev/a / ext4', `# x\n/dev/a / ext4\n${line}`],
    [
      '/dev/b /mnt/my\\040disk xfs\nx\n#/dev/b /mnt/my\\040disk\n/dev/c /mnt/my\\040disk xfs\n',
      `${line}\nx\n#/dev/b /mnt/my\\040disk\n`,
    ],
    [
      '  UUID=ab\\040cd   /mnt/my\\040disk ext4  noatime,nofail 0 2 \n',
      '  UUID=ab\\040cd   /mnt/my\\040disk ext4  noatime,nofail 0 2 \n',
    ],
  ])('gets its line into %j', (before, after) => {
    expect(withEntry(before, entry)).toBe(after)
    expect(withEntry(after, entry)).toBe(after)
  })
  it('knows swap by its source', () => {
    const text = '/a none swap sw 0 0\n/swapfile none swap defaults\n'
    const swapped = { source: '/swapfile', target: 'none', type: 'swap', options: ['sw'] }
    expect(withEntry(text, swapped)).toBe('/a none swap sw 0 0\n/swapfile\tnone\tswap\tsw\t0\t0\n')
    expect(withoutEntry(text, { source: '/swapfile' })).toBe('/a none swap sw 0 0\n')
    expect(derive(noFstabEntry({ target: 'none' }), text)).toBe('')
  })
  it('refuses what it cannot hold', () => {
    expect(() => fstabEntry({ ...entry, options: ['a\nb'] })).toThrow(TypeError)
    expect(() => fstabEntry({ ...entry, source: '' })).toThrow(TypeError)
  })
})

describe('mount', () => {
  const MOUNTS = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /mnt/my\\040disk rw,nosuid,noatime shared:2 master:1 - xfs /dev/sdb rw,attr2
31 30 0:26 / /mnt/my\\040disk ro shared:3 - tmpfs tmpfs rw
`
  const facts = mountAt('/').family.parse(MOUNTS, ['/', '/mnt/my disk', '/none'], nothing)
  it('is read with its options; the last one at a place counts', () => {
    expect(facts.get('/')).toEqual({
      ...{ mounted: true, type: 'ext4', source: '/dev/sda1', 'option:rw': true, 'option:relatime': true },
    })
    expect(facts.get('/mnt/my disk')).toMatchObject({ type: 'tmpfs', 'option:ro': true })
    expect(facts.get('/none')).toEqual({ mounted: null, type: null, source: null })
  })
  it.each<[State, string[], string]>([
    [
      { mounted: null },
      ['mounted', 'type'],
      '{ [ -d /srv/a ] || tu_dir /srv/a 0755 root root; } && { [ ! -d /run/systemd/system ] || systemctl daemon-reload; } && mount -- /srv/a',
    ],
    [{ mounted: true }, ['option:nosuid'], 'mount -o remount -- /srv/a'],
    [
      { mounted: true },
      ['type'],
      'umount -- /srv/a && { [ ! -d /run/systemd/system ] || systemctl daemon-reload; } && mount -- /srv/a',
    ],
  ])('from %j', (now, keys, text) => {
    const [, task] = mount({ source: '/dev/b', target: '/srv/a', type: 'ext4', options: ['nosuid', 'nofail'] })
    expect(declared(task).want.want).toEqual({ mounted: true, type: 'ext4', 'option:nosuid': true })
    expect(command(task, { now, keys })).toBe(text)
  })
  it('goes', () => {
    expect(command(unmounted('/srv/a')[1])).toBe('umount -- /srv/a')
  })
  it.each(['/', 'srv', '', '/a/', '-a', '/a\n'])('refuses to mount at %j', (place) => {
    expect(() => mount({ source: 'x', target: place, type: 'ext4' })).toThrow(TypeError)
    expect(() => unmounted(place)).toThrow(TypeError)
  })
})

describe('swap', () => {
  const SWAPS =
    'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/swapfile                               file\t\t1048572\t\t0\t\t-2\n'
  it('is read with size and use', () => {
    const { family } = swapAt('/swapfile')
    expect(
      Object.fromEntries(family.parse(`1073741824\x00600\0/swapfile\0\0${SWAPS}`, ['/swapfile', '/other'], nothing)),
    ).toEqual({
      '/swapfile': { mib: 1024, mode: '0600', active: true },
      '/other': { mib: null, mode: null, active: false },
    })
    expect(family.parse('\0Filename\n', ['/swapfile'], nothing).get('/swapfile')).toEqual({
      mib: null,
      mode: null,
      active: false,
    })
  })
  it('is made, started or just closed to others', () => {
    const [task, entry] = swap({ mib: 1024 })
    expect(declared(task).want.want).toEqual({ mib: 1024, mode: '0600', active: true })
    expect(command(task, { now: { active: true }, keys: ['mib'] })).toContain('swapoff /swapfile && rm -f -- /swapfile')
    expect(command(task, { now: { active: false }, keys: ['active'] })).toContain(
      'mkswap /swapfile >/dev/null && swapon /swapfile',
    )
    expect(command(task, { now: { active: true }, keys: ['mode'] })).toBe('chmod 0600 -- /swapfile')
    expect(derive(entry, 'x\n')).toBe('x\n/swapfile\tnone\tswap\tsw\t0\t0\n')
  })
  it('goes', () => {
    const [entry, task] = swap({ mib: 0 })
    expect(derive(entry, '/swapfile none swap sw 0 0\n')).toBe('')
    expect(command(task, { now: { active: true } })).toBe('swapoff /swapfile && rm -f -- /swapfile')
    expect(command(task, { now: { active: false } })).toBe('rm -f -- /swapfile')
  })
  it.each([-1, 1.5, NaN])('refuses a size of %d', (mib) => {
    expect(() => swap({ mib })).toThrow(TypeError)
  })
  it.each(['swap', '/a b', '/a/../b', '/', '/a"'])('refuses the path %j', (path) => {
    expect(() => swap({ path, mib: 1 })).toThrow(TypeError)
  })
})
