import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../../lib/events.ts'
import type { Role } from '../../lib/index.ts'
import { prelude } from '../../lib/language/prelude.ts'
import { type FleetOptions, runFleet } from '../../lib/runner/fleet.ts'
import type { Session } from '../../lib/session/session.ts'
import { openSession } from '../../lib/session/open.ts'
import { file } from '../../tasks/file.ts'
import { keyIn, makeHost, scratch, sshConfigIn } from '../session/hosts.ts'
import { newKey, startSshd } from '../session/sshd.ts'
import { FakeHost, on, roleOf } from './fake-host.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Megabytes that are in use. */
const memory = async (): Promise<number> => {
  for (let round = 0; round < 3; round += 1) {
    collect()
    await sleep(10)
  }
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}

const site = { domain: 'x.test', project: 'x', dir: '/x' }

const names = (count: number) => Array.from({ length: count }, (_, index) => `web${index + 1}`)

/** Runs a role on hosts, and keeps what it tells. */
const fleet = async (
  role: Role,
  hosts: readonly string[],
  open: (name: string) => Promise<Session>,
  more: Partial<FleetOptions> = {},
) => {
  const events: Event[] = []
  const code = await runFleet({
    id: 'test',
    version: '0',
    targets: hosts.map((name) => ({
      name,
      site,
      assignments: [{ role, vars: {} }],
      open: async () => await open(name),
    })),
    roles: [role.name],
    dryRun: false,
    diff: false,
    verbose: false,
    forks: 10,
    signal: new AbortController().signal,
    emit: (event) => events.push(event),
    renderer: 'silent',
    ...more,
  })
  const summary = events.at(-1)
  if (summary?.event !== 'summary') throw new Error('no summary')
  return { code, events, summary }
}

describe('two hundred hosts', () => {
  const role = roleOf('r', [on('a'), on('b')])

  it('keep nothing of a host that has had its turn', async () => {
    const seen: number[] = []
    let [underWay, most, opened] = [0, 0, 0]
    const { code, summary } = await fleet(role, names(200), async () => {
      opened += 1
      if (opened === 20 || opened === 200) seen.push(await memory())
      most = Math.max(most, (underWay += 1))
      const host = new FakeHost([])
      const ballast = Buffer.alloc(1_000_000)
      const close = host.close.bind(host)
      return Object.assign(host, {
        ballast,
        close: async () => {
          underWay -= 1
          await close()
        },
      })
    })
    const [early = 0, late = 0] = seen
    console.log(`200 hosts of 1 MB each: ${(late - early).toFixed(1)} MB more at the last than at the 20th`)
    expect([code, most, Object.keys(summary.hosts).length]).toEqual([0, 10, 200])
    expect(late - early).toBeLessThan(20)
  })

  it('do not wait for a slow one', async () => {
    let slowEnds = 0
    const { events } = await fleet(
      role,
      names(200),
      async (name) => {
        const host = new FakeHost([])
        if (name !== 'web1') return host
        const hello = host.hello.bind(host)
        host.hello = async () => {
          // Until all others have had their turn; for ever, if they wait for it.
          while (others.size < 199) await sleep(5)
          slowEnds = performance.now()
          return await hello()
        }
        return host
      },
      { forks: 3, emit: (event) => void (event.event === 'task' && event.task === 'b on' && others.add(event.host)) },
    ).catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== 'no summary') throw error
      return { events: [] }
    })
    expect([events, others.size, slowEnds > 0]).toEqual([[], 200, true])
  })
  const others = new Set<string>()

  it('say how long each has taken, and not how long it has waited', async () => {
    const { summary } = await fleet(
      role,
      names(6),
      async () => {
        await sleep(200)
        return new FakeHost([])
      },
      { forks: 1 },
    )
    const took = Object.values(summary.hosts).map(({ ms }) => ms)
    expect(Math.min(...took)).toBeGreaterThanOrEqual(190)
    // Six of them take more than a second one after another.
    expect(took[5]).toBeLessThan(1000)
    expect(took[0]).toBeLessThan(1000)
  })
})

describe('fifty hosts over ssh', () => {
  const dir = scratch()
  const hostKey = newKey()
  const mine = newKey()
  const identityFile = keyIn(dir, 'mine', mine.private)
  let sshd: Awaited<ReturnType<typeof startSshd>>
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: [hostKey.private], authorized: [mine.public] })
  })
  afterAll(() => {
    sshd.stop()
    rmSync(dir, { recursive: true })
  })

  it('are worked on with no more sockets than forks, and in bounded memory', { timeout: 240_000 }, async () => {
    const sshConfig = sshConfigIn(dir, `[127.0.0.1]:${sshd.port} ${hostKey.public}\n`)
    const warnings: string[] = []
    const warned = (warning: Error) => void warnings.push(`${warning.name}: ${warning.message}`)
    process.on('warning', warned)
    const role: Role = {
      ...roleOf('r', []),
      tasks: () => names(20).map((name) => file({ path: `${dir}/${name}`, content: `${name}\n`, mode: '0600' })),
    }
    const open = async (name: string) =>
      openSession(makeHost({ name, port: sshd.port, identityFile }), { sshConfig, prelude })
    expect((await fleet(role, ['web0'], open)).code).toBe(0)

    const seen: number[] = []
    const started = performance.now()
    let opened = 0
    const { code, summary } = await fleet(
      role,
      names(50),
      async (name) => {
        opened += 1
        if (opened === 10 || opened === 50) seen.push(await memory())
        return await open(name)
      },
      { forks: 5 },
    )
    const ms = performance.now() - started
    process.off('warning', warned)
    const [early = 0, late = 0] = seen
    console.log(
      `50 hosts over ssh, 5 at once, 20 files each: ${(ms / 1000).toFixed(1)} s, ${sshd.counts.most} sockets at most, ` +
        `${(late - early).toFixed(1)} MB more at the last than at the 10th, ` +
        `${Math.round(process.memoryUsage().rss / 1e6)} MB in all with the server`,
    )
    expect(code).toBe(0)
    for (const host of Object.values(summary.hosts)) expect(host).toMatchObject({ ok: 20, changed: 0, trips: 1 })
    expect(sshd.counts.most).toBeLessThanOrEqual(5)
    expect(late - early).toBeLessThan(20)
    expect(warnings).toEqual([])
  })
})
