import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { HostFacts, Role } from '../../lib/index.ts'
import { FACTS, FakeHost, on, roleOf, run } from './fake-host.ts'

const earlier = (over: Partial<HostFacts> = {}): HostFacts => ({ ...FACTS, ...over })
const other = earlier({ bootId: 'another', codename: 'noble' })

const hostOf = (guess: HostFacts, things: readonly string[] = []): FakeHost =>
  Object.assign(new FakeHost(things), { guess })

/** A role whose task is named after what the host says of itself. */
const named: Role = { name: 'r', vars: z.unknown(), tasks: ({ host }) => [on(host.codename)] }

describe.each([{ dryRun: false }, { dryRun: true }])('a host that is known from an earlier run (%o)', ({ dryRun }) => {
  it('is asked while it says who it is, and once', async () => {
    const host = hostOf(earlier(), ['a'])
    const told = await run(host, [roleOf('r', [on('a')])], { dryRun })
    expect(told.story).toEqual(['a on: ok'])
    expect(host.requests).toEqual([['read a']])
  })

  it('is asked anew, by what it is now, where it has become anything else', async () => {
    const host = hostOf(other, [FACTS.codename])
    const told = await run(host, [named], { dryRun })
    expect(told.story).toEqual([`${FACTS.codename} on: ok`])
    expect(host.requests).toEqual([['read noble'], [`read ${FACTS.codename}`]])
  })

  it('is asked anew where an earlier run has left something there', async () => {
    const host = hostOf(earlier(), ['a'])
    host.left = ['put-back something']
    const told = await run(host, [roleOf('r', [on('a')])], { dryRun })
    expect(told.story).toContain('a on: ok')
    expect(host.requests.filter(([first]) => first === 'read a')).toHaveLength(2)
  })

  it('is asked anew where the connection is lost on the way', async () => {
    const host = hostOf(earlier(), ['a'])
    host.losing.set('read a', 'before')
    const told = await run(host, [roleOf('r', [on('a')])], { dryRun })
    expect(told.story).toEqual(['a on: ok'])
  })

  it('has a mistake of a role told only where it is one for what the host is now', async () => {
    const picky: Role = {
      ...named,
      tasks: ({ host }) => {
        if (host.codename === 'noble') throw new Error('not for noble')
        return [on('a')]
      },
    }
    const told = await run(hostOf(other, ['a']), [picky], { dryRun })
    expect(told.story).toEqual(['a on: ok'])
    const noble = hostOf(earlier({ codename: 'noble' }))
    await expect(run(noble, [picky], { dryRun })).rejects.toThrow('not for noble')
  })
})
