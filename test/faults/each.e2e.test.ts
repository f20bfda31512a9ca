import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { troubles } from '../e2e/contract.ts'
import { grounded } from '../e2e/ground.ts'
import { on } from '../e2e/judge.ts'
import { backIn } from '../e2e/reach.ts'
import { trueup } from '../e2e/trueup.ts'
import { inside, powerOff } from '../sandbox/boot.ts'
import { getHost } from '../sandbox/host.ts'
import { diffManifest, down, manifest, ssh, up } from '../sandbox/index.ts'
import { figures, line, struck } from './campaign.ts'
import { type Course, field, readied, recovers } from './field.ts'
import { moments, type Request } from './moments.ts'

/** A few moments of the campaign (faults.long.test.ts), and faults that only a host can have. */
const HOST = 'faults'
const place = field(HOST, ['ufw', 'certs', 'nginx'])
const SEED = Number(process.env['TRUEUP_SEED'] ?? 20261124)
let course: Course
let trace: readonly Request[]

beforeAll(async () => {
  await grounded(HOST, ['base-ubuntu'])
  ;({ course, trace } = await readied(place, 6, SEED, { must: ['a policy opened'] }))
}, 600_000)
afterAll(async () => {
  place.away()
  await down([HOST])
})

it('F6 F7 a run that is killed leaves the host reachable, whole, and one run from as wanted', {
  timeout: 900_000,
}, async () => {
  const outcomes = []
  // Every other kind; the campaign has them all, and many of each.
  for (const moment of moments(trace, 6, SEED).filter((_, index) => index % 2 === 1)) {
    const outcome = await struck(place, moment, course, place.breaks)
    console.log(line(outcome))
    outcomes.push(outcome)
  }
  const found = figures(outcomes)
  console.log(
    `faults injected: ${found.injected}, hosts lost: ${found.lost}, files torn: ${found.torn}, runs needed to converge: ${found.runs}`,
  )
  expect(found).toMatchObject({ lost: 0, torn: 0, runs: 1, wrong: 0 })
  expect(found.injected).toBe(3)
})

describe('a run', () => {
  it('F2 that a reboot cuts off is gone on with, an interrupted dpkg first', async () => {
    await place.breaks()
    // dh_installinit's postrm takes the x of the old init script and its preinst gives it back, which dpkg
    // does not call again so for a package that is half installed: a cut there would be seen as a difference.
    await on(HOST, 'apt-get -yq remove nginx nginx-common > /dev/null; chmod +x /etc/init.d/nginx')
    const first = place.run()
    await expect
      .poll(async () => (await ssh(HOST, 'pgrep -x dpkg')).stdout, { timeout: 60_000, interval: 50 })
      .not.toBe('')
    // As where the power fails: nothing is asked to end.
    await powerOff(await getHost(HOST))
    await up([HOST])
    const { code } = await first
    console.log(`rebooted while dpkg was at work: exit code ${code}`)
    await backIn(HOST)
    await recovers(place, course)
  })

  it('F12 takes back a site that does not shake hands any more, and says which file speaks before it', async () => {
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
    await place.breaks()
    await inside(HOST, ['sh', '-c', 'flock /run/xtables.lock sleep 6 > /dev/null 2>&1 &'])
    await recovers(place, course)
  })
})
