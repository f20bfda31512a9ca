import { describe, expect, it } from 'vitest'
import { absent, held, installed, packages, unheld, version } from '../../tasks/apt.ts'
import { type Declared, type Drift, raw, type Sh, sh, type Task } from '../../lib/index.ts'
import { bash, canCopy, throwaway } from './bash.ts'
import { nothing } from '../found.ts'

const REPOSITORY = `
exec 2>&1
rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/*; mkdir -p /tmp/repo /etc/apt/sources.list.d /var/lib/apt/lists/partial
echo 'deb [trusted=yes] file:/tmp/repo ./' > /etc/apt/sources.list
deb() { # NAME VERSION FIELDS
  mkdir -p "/tmp/build/$1/DEBIAN" "/tmp/build/$1/etc/$1"; echo conf > "/tmp/build/$1/etc/$1/conf"
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: x <x@example.org>\\nDescription: x\\n%b' "$1" "$2" "$3" > "/tmp/build/$1/DEBIAN/control"
  echo "/etc/$1/conf" > "/tmp/build/$1/DEBIAN/conffiles"
  dpkg-deb -Znone -b "/tmp/build/$1" "/tmp/repo/$1_$2.deb" >/dev/null
  { cat "/tmp/build/$1/DEBIAN/control"; printf 'Filename: ./%s_%s.deb\\nSize: %s\\nSHA256: %s\\n\\n' "$1" "$2" "$(stat -c %s "/tmp/repo/$1_$2.deb")" "$(sha256sum < "/tmp/repo/$1_$2.deb" | cut -d' ' -f1)"; } >> /tmp/repo/Packages
}
deb tu-one 1.0-1 'Recommends: tu-two\\n'; deb tu-two 2:2.0~rc1-3 'Provides: tu-virtual\\n'; deb tu-needs 1 'Depends: tu-one\\n'
deb tu-foe 1 'Conflicts: tu-one\\n'
declare -f deb > /tmp/deb`

const apply = (task: Task, drift: Partial<Drift>): Sh => {
  expect(task.kind).toBe('task')
  return (task as Declared).apply({ now: {}, changes: [], keys: [], ...drift })
}
const install = (...names: string[]) => apply(installed(names), { keys: names })
const versions = (...names: string[]) => version('bash').family.read(names)

describe.skipIf(!canCopy())('packages', { timeout: 120_000 }, () => {
  const on = (...commands: (Sh | string)[]) => throwaway(REPOSITORY, ...commands)
  const facts = (stdout: string) =>
    packages.family.parse(stdout.split('@@@\n')[1] ?? '', [''], nothing).get('') as object
  const read = sh`echo; echo @@@; ${packages.family.read([''])}`

  it('installs, refreshing the lists that are missing, without recommendations; holds; removes; purges', () => {
    const one = on(install('tu-one'), read)
    expect(one).toMatchObject({ code: 0 })
    expect(facts(one.stdout)).toMatchObject({ 'tu-one': 'installed', bash: 'installed' })
    expect(facts(one.stdout)).not.toHaveProperty('tu-two')
    const kept = on(
      install('tu-one'),
      apply(held(['tu-one']), { keys: ['hold:tu-one'] }),
      apply(absent(['tu-needs']), { keys: ['tu-needs'] }),
      read,
    )
    expect(facts(kept.stdout)).toMatchObject({ 'tu-one': 'installed', 'hold:tu-one': true })
    const gone = on(
      install('tu-one'),
      apply(held(['tu-one']), { keys: ['hold:tu-one'] }),
      apply(unheld(['tu-one']), { keys: ['hold:tu-one'] }),
      apply(absent(['tu-one']), { keys: ['tu-one'] }),
      read,
    )
    expect(gone).toMatchObject({ code: 0 })
    expect(facts(gone.stdout)).toMatchObject({ 'config:tu-one': true })
    expect(facts(gone.stdout)).not.toHaveProperty('tu-one')
    const purged = on(
      install('tu-one'),
      apply(absent(['tu-one'], { purge: true }), { keys: ['tu-one', 'config:tu-one'] }),
      read,
    )
    expect(facts(purged.stdout)).not.toHaveProperty('config:tu-one')
  })

  it('does not remove what a task does not name', () => {
    const { code, stderr } = on(install('tu-needs'), apply(absent(['tu-one']), { keys: ['tu-one'] }))
    expect(code).not.toBe(0)
    expect(stderr).toContain('tu-needs depends on tu-one')
    expect(on(install('tu-one'), install('tu-foe')).code).not.toBe(0)
  })

  it('refuses packages that are virtual or unknown, naming them', () => {
    expect(on(install('tu-one', 'tu-virtual', 'tu-none')).stderr).toContain('offers tu-virtual tu-none (')
  })

  it('refreshes lists for a package that is new, and after sources have changed', () => {
    const { code, stdout } = on(
      install('tu-one'),
      'source /tmp/deb; deb tu-new 1 ""',
      install('tu-new'),
      'tu_apt_stale && echo stale-now || echo fresh-now; sleep 0.1; touch /etc/apt/sources.list.d/x.list; tu_apt_stale && echo then-stale; touch /var/lib/apt/lists/lock; tu_apt_stale || echo fresh-again; rm /var/lib/apt/lists/lock; tu_apt_stale && echo no-lock',
    )
    expect(code).toBe(0)
    expect(stdout).toContain('fresh-now\nthen-stale\nfresh-again\nno-lock')
  })

  it('finishes what was cut off', () => {
    const unpacked = on('dpkg --unpack /tmp/repo/tu-one_1.0-1.deb', read)
    expect(facts(unpacked.stdout)).toMatchObject({ 'tu-one': 'unpacked' })
    expect(facts(on('dpkg --unpack /tmp/repo/tu-one_1.0-1.deb', install('tu-one'), read).stdout)).toMatchObject({
      'tu-one': 'installed',
    })
    const broken = on(
      install('tu-one'),
      "sed -i '/^Package: tu-one$/,/^$/s/^Status: .*/Status: install reinstreq half-installed/' /var/lib/dpkg/status",
      sh`${packages.family.read([''])} | grep tu-one`,
      install('tu-one'),
      read,
    )
    expect(broken.stdout).toContain('iHRtu-one')
    expect(facts(broken.stdout)).toMatchObject({ 'tu-one': 'installed' })
  })

  it('goes on without lists that cannot be refreshed, and fails where what is needed is not there (F5)', () => {
    const dead = "echo 'deb [trusted=yes] file:/nowhere ./' > /etc/apt/sources.list.d/dead.list"
    const fine = on(dead, install('tu-one'))
    expect(fine).toMatchObject({ code: 0 })
    expect(fine.stderr).toContain('some package lists could not be refreshed')
    const fails = on(dead, install('tu-elsewhere'))
    expect(fails).toMatchObject({ code: 100 })
    expect(fails.stderr).toContain('file:/nowhere')
    expect(fails.stderr).toContain('no package list of this host offers tu-elsewhere')
  })

  it('gives up on a package that the mirror no longer has, after refreshing (F5)', () => {
    const { code, stderr } = on('rm /tmp/repo/tu-one_*', sh`sleep() { :; }; ${install('tu-one')}`)
    expect(code).not.toBe(0)
    expect(stderr).toContain('to fetch')
  })

  it('waits for the locks of others, then names the holder (F4)', () => {
    const lock = (file: string) =>
      `perl -e 'use Fcntl; open F, ">>", "${file}"; $s = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $s) or die; $| = 1; print "locked\\n"; sleep 60' & trap "kill $!" EXIT; sleep 0.5`
    for (const file of ['/var/lib/apt/lists/lock', '/var/lib/dpkg/lock-frontend', '/var/cache/apt/archives/lock']) {
      const late = on(sh`TU_APT_WAIT=1; ${raw(lock(file))}; ${install('tu-one')}`)
      expect(late.code).not.toBe(0)
      expect(late.stderr).toMatch(new RegExp(`gave up after 1 s: ${file} is held by perl \\(process \\d+\\)`))
    }
  })

  it('knows versions', () => {
    const { stdout } = on(install('tu-two'), sh`echo @@@; ${versions('tu-two', 'tu-one')}`)
    const found = version('bash').family.parse(stdout.split('@@@\n')[1] ?? '', ['tu-two', 'tu-one'], nothing)
    expect(found.get('tu-two')).toEqual({ version: '2:2.0~rc1-3', upstream: '2.0~rc1' })
    expect(found.get('tu-one')).toEqual({ version: null, upstream: null })
  })
})

describe('reading', () => {
  it('asks for versions without failing on what is not known', () => {
    expect(bash(versions('no-such-package')).code).toBe(0)
    expect(bash(sh`dpkg-query() { return 2; }; ${versions('bash')}`).code).not.toBe(0)
  })
})
