import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { troubles } from '../e2e/contract.ts'
import { grounded } from '../e2e/ground.ts'
import { on } from '../e2e/judge.ts'
import { backIn } from '../e2e/reach.ts'
import { trueup } from '../e2e/trueup.ts'
import { inside } from '../sandbox/boot.ts'
import { down } from '../sandbox/index.ts'
import { type Course, field, readied, recovers } from './field.ts'

/** Faults that take long to make, or are made many times. */
const HOST = 'faultsonce'
const ROLES = ['base-ubuntu', 'ufw', 'certs', 'nginx']
const place = field(HOST, ROLES)
const SEED = Number(process.env['TRUEUP_SEED'] ?? 20261124)
let course: Course

beforeAll(async () => {
  await grounded(HOST, ROLES)
  ;({ course } = await readied(place, 8, SEED))
}, 600_000)
afterAll(async () => {
  place.away()
  await down([HOST])
})

/** The way out goes with the link, and the addresses of IPv6 would. */
const AWAY = `sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=1; r=$(ip route show default); r6=$(ip -6 route show default)
ip link set eth0 down; sleep 8; ip link set eth0 up
[ -z "$r" ] || ip route replace $r; [ -z "$r6" ] || ip -6 route replace $r6`

const ANY = '/etc/apt/apt.conf.d/52trueup-upgrades'

/** Files whose folder is full, and one that must not be touched since it could not be kept in the journal. */
const FULL = [
  ['nginx', '/etc/nginx/sites-available/moja-dzialka'],
  ['base-ubuntu', '/etc/ssh/sshd_config.d/00-trueup.conf'],
  ['base-ubuntu', '/etc/apt/apt.conf.d/20auto-upgrades'],
  ['base-ubuntu', '/etc/systemd/journald.conf.d/trueup.conf'],
  ['base-ubuntu', '/etc/sudoers.d/deploy'],
  ['base-ubuntu', ANY],
] as const

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

  it('F3 replaces nothing, and says how full it is, where the disk of a file is full', async () => {
    for (const [role, path] of FULL) {
      const folder = path === ANY ? '/var/lib/trueup' : path.slice(0, path.lastIndexOf('/'))
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
  })
})
