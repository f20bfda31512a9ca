import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { troubles } from '../e2e/contract.ts'
import { grounded } from '../e2e/ground.ts'
import { on } from '../e2e/judge.ts'
import { backIn } from '../e2e/reach.ts'
import { trueup } from '../e2e/trueup.ts'
import { quote } from '../../lib/index.ts'
import { roles } from '../../roles/index.ts'
import { TRIXIE } from '../roles/facts.ts'
import { inside } from '../sandbox/boot.ts'
import { down } from '../sandbox/index.ts'
import { SITE, VARS } from '../sandbox/vars.ts'
import { type Course, field, readied, recovers } from './field.ts'

/** Faults that take long to make, or are made many times. */
const HOST = 'faultsonce'
const ROLES = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx']
const place = field(HOST, ROLES)
const SEED = Number(process.env['TRUEUP_SEED'] ?? 20261124)
let course: Course

beforeAll(async () => {
  await grounded(HOST, ROLES)
  ;({ course } = await readied(place, 8, SEED, { must: ['a policy opened', 'a package removed'] }))
}, 600_000)
afterAll(async () => {
  place.away()
  await down([HOST])
})

/** The way out goes with the link, and the addresses of IPv6 would. */
const AWAY = `sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=1; r=$(ip route show default); r6=$(ip -6 route show default)
ip link set eth0 down; sleep 8; ip link set eth0 up
[ -z "$r" ] || ip route replace $r; [ -z "$r6" ] || ip -6 route replace $r6`

/** Holds both locks of apt for a while: they are fcntl(2)'s, which flock(1) does not know. */
const HOLDER = `import fcntl, time
held = [open(f'/var/lib/{name}', 'w') for name in ('dpkg/lock-frontend', 'apt/lists/lock')]
for one in held: fcntl.lockf(one, fcntl.LOCK_EX)
time.sleep(8)`

/** Has apt ask nobody but one who is not there. */
const DEAD = '/etc/apt/apt.conf.d/99dead'

/** What no full disk can be put over: a mount there would hide what the host itself needs to be looked at. */
const SPARED = ['/etc']

/** A file that is judged by its content, for each folder in which the roles write such files. */
const managed = async (): Promise<readonly { role: string; path: string }[]> => {
  const files = roles
    .filter(({ name }) => ROLES.includes(name) && name !== 'certs') // whose keys are made anew, and never the same
    .flatMap(({ name, vars, tasks }) =>
      tasks({ vars: vars.parse(VARS[name] ?? {}), site: SITE, host: TRIXIE }).flatMap((one) =>
        one.kind === 'task' && one.want.probe.family.name === 'file'
          ? (one.owns ?? []).filter(({ part }) => part !== true).map(({ path }) => ({ role: name, path }))
          : [],
      ),
    )
  const there = await on(
    HOST,
    `for f in ${files.map(({ path }) => quote(path)).join(' ')}; do [ -L "$f" ] || [ ! -f "$f" ] || echo "$f"; done`,
  )
  const found = files.filter(({ path }) => there.split('\n').includes(path))
  return [...new Map(found.map((one) => [dirname(one.path), one])).values()].filter(
    ({ path }) => !SPARED.includes(dirname(path)),
  )
}

/** With the disk of a folder full, a file that was edited by hand is left as it is; with room, it is mended. */
const fills = async ({ role, path }: { role: string; path: string }, folder: string): Promise<void> => {
  const wanted = await on(HOST, `sha256sum ${path}`)
  await on(HOST, `echo '# edited' >> ${path}`)
  const edited = await on(HOST, `sha256sum ${path}; ls -A ${folder}`)
  await on(
    HOST,
    `cp -a ${folder}/. /run/kept && mount -t tmpfs -o mode=0755,size=$(($(du -sk /run/kept | cut -f 1) + 64))k full ${folder} && cp -a /run/kept/. ${folder} && { cat /dev/zero > ${folder}/filler; true; } 2> /dev/null; rm -rf /run/kept`,
  )
  const told = await trueup(HOST, [role])
  expect({ path, code: told.code, said: troubles(told) }).toMatchObject({ code: 1 })
  expect(troubles(told)).toMatch(/is full \(\d+ kB|\(\d+[KM.\d]* free there\)|a file system of the host is full/)
  expect(await on(HOST, `rm ${folder}/filler; sha256sum ${path}; ls -A ${folder}`)).toBe(edited)
  await on(HOST, `umount ${folder}`)
  const next = await trueup(HOST, [role])
  expect({ path, code: next.code, said: troubles(next) }).toMatchObject({ code: 0 })
  expect(await on(HOST, `sha256sum ${path}`)).toBe(wanted)
}

describe('a run', () => {
  it('F1 goes on, or is gone on with, where the network is away for a while', async () => {
    await place.breaks()
    const first = place.run()
    await new Promise((resume) => setTimeout(resume, 2500))
    await inside(HOST, ['sh', '-c', `(${AWAY}) > /dev/null 2>&1 &`])
    const { code, stdout } = await first
    console.log(`the network away for 8 s: exit code ${code}`)
    expect([0, 3], stdout.slice(-2000)).toContain(code)
    await backIn(HOST)
    await recovers(place, course)
  })

  it('F4 waits for whoever holds the locks of apt and dpkg', async () => {
    await place.breaks()
    await inside(HOST, ['sh', '-c', `python3 -c "$0" > /dev/null 2>&1 &`, HOLDER])
    await recovers(place, course)
  })

  it('F5 fails where the mirror is away, touches nothing for it, and goes on when it is back', async () => {
    await place.breaks()
    await on(HOST, `echo 'Acquire::http::Proxy "http://127.0.0.1:9";' > ${DEAD}; apt-get clean`)
    const { code, stdout } = await place.run()
    expect(code, stdout.slice(-2000)).toBe(1)
    expect(stdout).toMatch(/127\.0\.0\.1[^"]*(?:refused|9)/)
    await on(HOST, `rm ${DEAD}; systemctl is-active nginx docker ssh`)
    await recovers(place, course)
  })

  it('F8 has its host for itself: of two at once one ends at once, and names the other', async () => {
    await place.breaks()
    const both = await Promise.all([place.run(), place.run()])
    const [done, refused] = both.toSorted((one, other) => one.code - other.code)
    expect([done?.code, refused?.code]).toEqual([0, 4])
    expect(`${refused?.stdout}${refused?.stderr}`).toMatch(/another run holds this host: \S+ \(pid \d+, from 10\.77\./)
    await recovers(place, course)
  })

  it('F15 starts the engine again where it was stopped', async () => {
    await place.breaks()
    await on(HOST, 'systemctl stop docker.socket docker.service')
    await recovers(place, course)
  })

  it('F3 replaces nothing, and says how full it is, where the disk of a file is full', {
    timeout: 1_200_000,
  }, async () => {
    const all = await managed()
    console.log(`folders with a full disk: ${all.map(({ path }) => dirname(path)).join(', ')}`)
    expect(all.length).toBeGreaterThan(8)
    for (const one of all) await fills(one, dirname(one.path))
    // And where it could not be kept in the journal: then it is not touched.
    const [any] = all
    if (any !== undefined) await fills(any, '/var/lib/trueup')
  })
})
