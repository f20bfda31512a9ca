import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { HostFacts, Sh } from '../../lib/index.ts'
import { LostError, type Output, UnreachableError } from '../../lib/session/session.ts'
import { FACTS, FakeHost, on, roleOf, run as runReal } from './fake-host.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** Runs while the clock runs faster. */
const run: typeof runReal = async (...given) => {
  let over = false
  const running = runReal(...given).finally(() => (over = true))
  while (!over) await vi.advanceTimersByTimeAsync(1000)
  return await running
}

/** A host that has Debian's notice of a reboot, and is away for a while when it reboots. */
class Rebooting extends FakeHost {
  noticed = false
  boots = 0
  /** Hellos that get no answer after a reboot. */
  away = 2
  readonly log: string[] = []
  readonly local: boolean = false

  override async hello(): Promise<HostFacts> {
    if (this.boots > 0 && this.away-- > 0) throw new UnreachableError('no route')
    await super.hello()
    return {
      ...FACTS,
      bootId: `boot ${this.boots}`,
      sshFrom: this.local ? null : FACTS.sshFrom,
      ...(this.noticed && { rebootRequired: true }),
    }
  }

  override async exec(commands: readonly Sh[]): Promise<Output[]> {
    const outputs = await super.exec(commands)
    if (commands.some((command) => String(command) === 'systemctl reboot')) {
      this.boots += 1
      this.noticed = false
      throw new LostError('cut')
    }
    return outputs.map((output, index) =>
      String(commands[index]).includes('[ ! -e /run/reboot-required ]')
        ? { ...output, stdout: Buffer.from(this.noticed ? 'yes\n' : '') }
        : output,
    )
  }
}

const warnings = ({ events }: Awaited<ReturnType<typeof run>>) =>
  events.flatMap((event) => (event.event === 'warning' ? [event.message] : []))

/** A package that wants a reboot once it is installed, and what comes after it. */
const kernel = (host: Rebooting) => {
  host.effects.set('kernel', () => (host.noticed = true))
  return [roleOf('base', [on('kernel', { reboots: true }), on('x')]), roleOf('web', [on('y')])]
}

test('nothing is rebooted by surprise: it is told of, at the end, in every run', async () => {
  const host = new Rebooting()
  const roles = kernel(host)
  const first = await run(host, roles)
  expect(first.code).toBe(0)
  expect(warnings(first)).toEqual([
    expect.stringContaining('a reboot is pending: what was installed comes into effect with it. --reboot lets'),
  ])
  expect(host.boots).toBe(0)
  const trips = host.trips
  const second = await run(host, roles)
  expect(warnings(second)).toHaveLength(1)
  expect(host.trips - trips).toBe(1)
})

test('where it is allowed, after the role that needs it, once, and what follows is read anew', async () => {
  const host = new Rebooting()
  const told = await run(host, kernel(host), { reboot: true })
  expect(told.story).toEqual(['kernel on: changed', 'x on: changed', 'reboot! changed', 'y on: changed'])
  expect(warnings(told)).toEqual([])
  expect(host.boots).toBe(1)
  const after = host.requests.findIndex((texts) => texts[0] === 'systemctl reboot')
  expect(host.requests.slice(after + 1).map((texts) => texts[0])).toEqual([
    expect.stringContaining('is-system-running'),
    'read y',
    'on y',
  ])
  expect((await run(host, kernel(host), { reboot: true })).story).not.toContain('reboot! changed')
})

test('a reboot that was pending before is done as well', async () => {
  const host = new Rebooting(['kernel', 'x', 'y'])
  const roles = kernel(host)
  host.noticed = true
  const dry = await run(host, roles, { dryRun: true, reboot: true })
  expect(dry.story).toContain('reboot! would-change')
  expect(warnings(await run(host, roles, { dryRun: true }))).toHaveLength(1)
  expect((await run(host, roles, { reboot: true })).story).toEqual([
    'kernel on: ok',
    'x on: ok',
    'reboot! changed',
    'y on: ok',
  ])
})

test('no second one in the same run', async () => {
  const host = new Rebooting()
  const roles = kernel(host)
  host.effects.set('y', () => (host.noticed = true))
  const told = await run(host, [...roles.slice(0, 1), roleOf('web', [on('y', { reboots: true })])], { reboot: true })
  expect(host.boots).toBe(1)
  expect(warnings(told)).toEqual([expect.stringContaining('a run does only one, so run again')])
})

test('nor after a failure, nor of the machine that the runner is on', async () => {
  const broken = new Rebooting()
  broken.broken.set('on x', 'no')
  const told = await run(broken, kernel(broken), { reboot: true })
  expect({ code: told.code, boots: broken.boots }).toEqual({ code: 1, boots: 0 })
  const local = new (class extends Rebooting {
    override readonly local = true
  })()
  expect(warnings(await run(local, kernel(local), { reboot: true }))).toEqual([
    expect.stringContaining('that one is yours to reboot'),
  ])
  expect(local.boots).toBe(0)
})

test('a host that does not come back fails, after ten minutes, and nothing else is begun', async () => {
  const host = new Rebooting()
  host.away = Number.POSITIVE_INFINITY
  const told = await run(host, kernel(host), { reboot: true })
  expect(told.code).toBe(1)
  expect(told.story).toEqual(['kernel on: changed', 'x on: changed', 'reboot! failed', 'y on: skipped'])
  const [failed] = told.events.filter((event) => event.event === 'handler')
  expect(failed).toMatchObject({ message: 'it was not back 10 minutes after its reboot: no route' })
})
