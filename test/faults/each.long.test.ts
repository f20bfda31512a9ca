import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inside } from '../sandbox/boot.ts'
import { diffManifest, down, manifest, reset, ssh, up } from '../sandbox/index.ts'
import { troubles } from '../e2e/contract.ts'
import { on } from '../e2e/judge.ts'
import { backIn, reboot } from '../e2e/reach.ts'
import { trueup } from '../e2e/trueup.ts'
import { type Course, figures, line, struck } from './campaign.ts'
import { built, field, otherwise, shapeOf } from './field.ts'
import { moments, type Request } from './moments.ts'

/** A few moments of the campaign (faults.long.test.ts), and one of each other fault. */
const HOST = 'faults'
const place = field(HOST, ['base-ubuntu', 'ufw', 'certs', 'nginx'])
const SEED = Number(process.env['TRUEUP_SEED'] ?? 20261124)
let course: Course
let trace: readonly Request[]

beforeAll(async () => {
  await built()
  await up([HOST])
  await reset([HOST])
  console.log(`broken by hand: ${(await place.prepare(8, SEED)).join(', ')}`)
  const before = await shapeOf(HOST)
  const { trace: requests, shape: after } = await place.reference()
  course = { before, after }
  trace = requests
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

/** A run after a fault: it comes to its end, and everything is as without the fault. */
const recovers = async () => {
  const { code, stdout, stderr } = await place.run()
  expect({ code, failed: stdout.split('\n').filter((one) => one.includes('"failed"')), stderr }).toMatchObject({
    code: 0,
  })
  expect(otherwise(course.after, await shapeOf(HOST))).toEqual([])
}

it('F6 F7 a run that is killed leaves the host reachable, whole, and one run from as wanted', {
  timeout: 900_000,
}, async () => {
  const outcomes = []
  for (const moment of moments(trace, 6, SEED)) {
    const outcome = await struck(place, moment, course)
    console.log(line(outcome))
    outcomes.push(outcome)
  }
  const found = figures(outcomes)
  console.log(
    `faults injected: ${found.injected}, hosts lost: ${found.lost}, files torn: ${found.torn}, runs needed to converge: ${found.runs}`,
  )
  expect(found).toMatchObject({ lost: 0, torn: 0, runs: 1, wrong: 0 })
  expect(found.injected).toBeGreaterThanOrEqual(5)
})

describe('a run', () => {
  it('F1 goes on, or is gone on with, where the network is away for a while', async () => {
    await place.back('broken')
    const first = place.run()
    await new Promise((resume) => setTimeout(resume, 2500))
    await inside(HOST, ['sh', '-c', `(${AWAY}) > /dev/null 2>&1 &`])
    const { code, stdout } = await first
    console.log(`the network away for 8 s: exit code ${code}`)
    expect([0, 3], stdout.slice(-2000)).toContain(code)
    await backIn(HOST)
    await recovers()
  })

  it('F2 that a reboot cuts off is gone on with, an interrupted dpkg first', async () => {
    await place.back('broken')
    await on(HOST, 'apt-get -yq remove htop rsync > /dev/null')
    const first = place.run()
    await expect
      .poll(async () => (await ssh(HOST, 'pgrep -x dpkg')).stdout, { timeout: 60_000, interval: 50 })
      .not.toBe('')
    await reboot(HOST)
    const { code } = await first
    console.log(`rebooted while dpkg was at work: exit code ${code}`)
    await backIn(HOST)
    await recovers()
  })

  it('F3 replaces nothing, and says how full it is, where the disk of a file is full', async () => {
    await place.back('whole')
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

  it('F12 takes back a site that does not shake hands any more, and says which file speaks before it', async () => {
    await place.back('whole')
    const [site, foreign] = ['/etc/nginx/sites-available/moja-dzialka', '/etc/nginx/conf.d/foreign.conf']
    await on(
      HOST,
      `sed -i 's/burst=20/burst=21/' ${site}; echo 'server { listen 443 ssl; server_name moja-dzialka.test; ssl_reject_handshake on; }' > ${foreign}; nginx -q -t`,
    )
    const before = await manifest(HOST)
    const told = await trueup(HOST, ['nginx'])
    expect(told.code, told.stdout).toBe(1)
    expect(troubles(told)).toMatch(/does not shake hands with the certificate[\s\S]*put back/)
    expect(told.warnings.join()).toContain('foreign.conf')
    expect(
      diffManifest(before, await manifest(HOST)).filter((one) => !/unit nginx|\/var\/lib\/trueup/.test(one)),
    ).toEqual([])
    await on(HOST, `rm ${foreign}`)
    const next = await trueup(HOST, ['nginx'])
    expect(next.code, troubles(next)).toBe(0)
  })

  it('F14 waits for whoever holds the lock of xtables', async () => {
    await place.back('broken')
    await inside(HOST, ['sh', '-c', 'flock /run/xtables.lock sleep 12 > /dev/null 2>&1 &'])
    await recovers()
  })
})
