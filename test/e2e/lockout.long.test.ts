import { existsSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inside } from '../sandbox/boot.ts'
import { rootDir } from '../sandbox/disk.ts'
import { diffManifest, down, manifest, reset, up } from '../sandbox/index.ts'
import { addressesOf, on } from './judge.ts'
import { appears, begin, run } from './lockout/host.ts'
import { backIn, getsIn, reboot } from './reach.ts'

const HOST = 'lockout'
/** What of runs that died is left on the disk, beside the journal. */
const left = () => readdirSync(`${rootDir(HOST)}/var/lib/trueup`).filter((name) => !['key', 'runs'].includes(name))
const ARMED = `${rootDir(HOST)}/etc/systemd/system/trueup-guard.timer`

beforeAll(async () => {
  await up([HOST])
  await reset([HOST])
})
afterAll(() => down([HOST]))

describe('two runs at once', () => {
  it('are one: the second ends at once, and says who holds the host; a killed one is waited for', async () => {
    const first = begin(HOST, 'owing')
    await appears(HOST, '/etc/slow-begun')
    const [second, dry] = await Promise.all([run(HOST, 'calm'), run(HOST, 'calm', { more: ['--dry-run'] })])
    expect(second.code).toBe(4)
    expect(second.stdout).toMatch(
      new RegExp(
        `"event":"host","host":"${HOST}","status":"locked","exitCode":4,"message":"[^"]*\\(pid ${first.pid}, from 10\\.77\\.`,
      ),
    )
    expect(dry.stdout).toContain('another run is under way')
    first.kill()
    await first.ended
    const [third, fourth] = await Promise.all([run(HOST, 'calm', { more: ['--dry-run'] }), run(HOST, 'calm')])
    expect(third.stdout).toContain('"task":"take up settings","status":"would-change"')
    expect(third.code).toBe(2)
    expect(fourth.stdout).toMatch(
      /waits, since a command of an earlier run is still under way there, and its run is gone: .*: sleep 20/,
    )
    expect(fourth.stdout).toContain('"task":"take up settings","status":"changed"')
    expect(fourth.stdout).toMatch(/"event":"summary".*"trips":1,.*"exitCode":0/)
    expect(existsSync(`${rootDir(HOST)}/etc/taken-up`)).toBe(true)
    expect(existsSync(`${rootDir(HOST)}/etc/slow`), 'what was begun is finished').toBe(true)
    expect(left()).toEqual([])
  })

  it('that were killed between a change and its handler leave that to the next, also after a reboot', async () => {
    await on(HOST, 'rm /etc/owed /etc/slow /etc/slow-begun /etc/taken-up')
    const first = begin(HOST, 'owing')
    await appears(HOST, '/etc/slow-begun')
    first.kill()
    await reboot(HOST)
    await backIn(HOST)
    expect(await on(HOST, 'stat -c "%a %U %n" /var/lib/trueup /var/lib/trueup/pending /var/lib/trueup/pending/*')).toBe(
      '700 root /var/lib/trueup\n700 root /var/lib/trueup/pending\n600 root /var/lib/trueup/pending/take%20up%3Asettings\n',
    )
    const next = await run(HOST, 'calm')
    expect(next.stdout).toContain('"task":"take up settings","status":"changed"')
    expect({ code: next.code, left: left() }).toEqual({ code: 0, left: [] })
  })
})

describe('a change that shuts everybody out', () => {
  it('is put back at once by the run that made it (F13)', async () => {
    const stones = await run(HOST, 'stones')
    expect(stones.code, stones.stdout).toBe(0)
    const before = await manifest(HOST)
    const started = performance.now()
    const told = await run(HOST, 'wall')
    console.log(`a firewall without ssh: put back within ${Math.round((performance.now() - started) / 1000)} s`)
    expect(told.code, told.stdout + told.stderr).toBe(1)
    expect(told.stdout).toMatch(
      /"task":"wall".*"status":"failed","message":"nobody could get in any more by a new connection .*; put back: “wall” at 20/,
    )
    expect(await getsIn(HOST)).toBe(true)
    const moved = diffManifest(before, await manifest(HOST)).filter((line) => !/\.rules\.\d+_\d+/.test(line))
    expect(moved, 'what else moved').toEqual([])
  })

  it('is put back by the host when the run has died, and the next run says so (F13)', async () => {
    const first = begin(HOST, 'wall')
    await appears(HOST, '/etc/wall')
    first.kill()
    const since = performance.now()
    expect(await getsIn(HOST)).toBe(false)
    const seconds = await backIn(HOST, since)
    console.log(`runner killed behind a firewall without ssh: reachable after ${seconds} s`)
    expect(seconds).toBeLessThanOrEqual(90)
    const next = await run(HOST, 'calm')
    expect(next.stdout).toMatch(/"event":"warning".*cut off before it had proved.*put back: “wall” at 20/)
    expect({ code: next.code, left: left(), armed: existsSync(ARMED) }).toEqual({
      code: 0,
      left: [],
      armed: false,
    })
  })

  it('is put back by the host when it was rebooted meanwhile', async () => {
    const first = begin(HOST, 'wall')
    await appears(HOST, '/etc/wall')
    first.kill()
    const since = performance.now()
    await reboot(HOST)
    const seconds = await backIn(HOST, since)
    console.log(`the same, rebooted in between: reachable after ${seconds} s`)
    expect(seconds).toBeLessThanOrEqual(90)
    expect(existsSync(`${rootDir(HOST)}/etc/wall`)).toBe(false)
    expect((await run(HOST, 'calm')).code).toBe(0)
  })

  it('is one in IPv6, too (F13)', async () => {
    const { v6 } = await addressesOf(HOST)
    const told = await run(HOST, 'wall', { host: { address: v6 } })
    expect(told.code, told.stdout + told.stderr).toBe(1)
    expect(told.stdout).toMatch(new RegExp(`by a new connection \\(.*\\[${v6}\\]:22.*; put back: “wall” at 20`))
    expect(existsSync(`${rootDir(HOST)}/etc/wall`)).toBe(false)
  })

  it.each([
    ['a port that the inventory does not name', { port: 2222 }, /connection refused/],
    ['users that we are not of', { more: { AllowUsers: 'nobody' } }, /the login was refused/],
  ])('is sshd with %s', async (_, door, why) => {
    const told = await run(HOST, 'door', { vars: { door } })
    expect(told.code, told.stdout + told.stderr).toBe(1)
    expect(told.stdout).toMatch(why)
    expect(told.stdout).toContain('put back: “file /etc/ssh/sshd_config.d/00-trueup.conf” at 20')
    expect(await getsIn(HOST)).toBe(true)
    expect(await on(HOST, 'ls /etc/ssh/sshd_config.d /etc/systemd/system')).not.toMatch(/trueup/)
    expect(left()).toEqual([])
  })

  it('is sshd with users that we are not of, the run killed before its proof', async () => {
    const first = begin(HOST, 'door', { vars: { door: { more: { AllowUsers: 'nobody' } } } })
    await appears(HOST, '/etc/systemd/system/trueup-guard.timer')
    first.kill()
    const since = performance.now()
    // The host finishes what it was sent.
    await appears(HOST, '/etc/ssh/sshd_config.d/00-trueup.conf')
    // As its handler does next, or has done by now.
    await inside(HOST, ['systemctl', 'reload', 'ssh.service'])
    expect(await getsIn(HOST)).toBe(false)
    const seconds = await backIn(HOST, since)
    console.log(`runner killed behind a wrong AllowUsers: reachable after ${seconds} s`)
    expect(seconds).toBeLessThanOrEqual(90)
    expect((await run(HOST, 'calm')).code).toBe(0)
  })

  it('costs one trip more where it shuts nobody out', async () => {
    const told = await run(HOST, 'door', { vars: { door: {} } })
    expect(told.code, told.stdout + told.stderr).toBe(0)
    expect(told.stdout).toMatch(/"event":"summary".*"trips":4,/)
    expect((await run(HOST, 'door', { vars: { door: {} } })).stdout).toMatch(/"event":"summary".*"trips":1,/)
    expect(left()).toEqual([])
  })
})
