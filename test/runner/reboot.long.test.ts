import { readFileSync, rmSync } from 'node:fs'
import * as z from 'zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Event } from '../../lib/events.ts'
import { probe, type Role, sh, type Task, task } from '../../lib/index.ts'
import { prelude } from '../../lib/language/prelude.ts'
import { runFleet } from '../../lib/runner/fleet.ts'
import { openSession } from '../../lib/session/open.ts'
import * as sandbox from '../sandbox/index.ts'
import { makeHost, scratch, sshConfigIn } from '../session/hosts.ts'

const NAME = 'reboots'
const dir = scratch()
let entry: sandbox.Entry

beforeAll(async () => {
  const [up] = await sandbox.up([NAME])
  if (up === undefined) throw new Error('no host')
  await sandbox.reset([NAME])
  entry = up
})
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await sandbox.down([NAME])
})

const there = (path: string) =>
  probe({ id: `there:${path}`, read: sh`[ ! -e ${path} ] || echo yes`, parse: (out) => ({ there: out === 'yes\n' }) })

const touched = (path: string, more: object = {}): Task =>
  task({ title: path, want: there(path).is({ there: true }), apply: () => sh`touch ${path}`, ...more })

const kernel: Role = {
  name: 'kernel',
  vars: z.unknown(),
  tasks: () => [
    touched('/var/kernel', {
      apply: () => sh`touch /var/kernel && tu_reboot_required linux-image`,
      reboots: true,
    }),
    // Gone with a reboot.
    touched('/run/before'),
  ],
}
const web: Role = { name: 'web', vars: z.unknown(), tasks: () => [touched('/run/after')] }

const run = async (reboot: boolean) => {
  const events: Event[] = []
  const { address, port, identityFile, knownHosts } = entry
  const sshConfig = sshConfigIn(dir, readFileSync(knownHosts, 'utf8'))
  const roles = [kernel, web]
  const code = await runFleet({
    id: 'reboot',
    version: '0',
    targets: [
      {
        name: NAME,
        site: { domain: 'x.test', project: 'x', dir: '/x' },
        assignments: roles.map((role) => ({ role, vars: {} })),
        open: async () => openSession(makeHost({ name: NAME, address, port, identityFile }), { sshConfig, prelude }),
      },
    ],
    roles: roles.map(({ name }) => name),
    dryRun: false,
    reboot,
    diff: false,
    verbose: false,
    forks: 1,
    signal: new AbortController().signal,
    emit: (event) => events.push(event),
    renderer: 'silent',
  })
  const story = events.flatMap((event) =>
    event.event === 'task' || event.event === 'handler'
      ? [`${event.task}: ${event.status}`]
      : event.event === 'warning'
        ? ['warning']
        : [],
  )
  return { code, story }
}

const bootId = async () =>
  (await sandbox.ssh(NAME, 'cat /proc/sys/kernel/random/boot_id; systemctl show -P UserspaceTimestampMonotonic')).stdout

test('a host is rebooted where that was allowed, and the run goes on there', async () => {
  const before = await bootId()
  expect(await run(false)).toEqual({
    code: 0,
    story: ['/var/kernel: changed', '/run/before: changed', '/run/after: changed', 'warning'],
  })
  expect((await sandbox.ssh(NAME, 'cat /run/reboot-required.pkgs')).stdout).toBe('linux-image\n')
  const started = performance.now()
  const told = await run(true)
  console.log(`a run with a reboot in it: ${((performance.now() - started) / 1000).toFixed(1)} s`)
  expect(told).toEqual({
    code: 0,
    story: ['/var/kernel: ok', '/run/before: ok', 'reboot: changed', '/run/after: changed'],
  })
  expect(await bootId()).not.toBe(before)
  expect((await sandbox.ssh(NAME, 'ls /run/reboot-required /run/before')).code).not.toBe(0)
  expect((await run(true)).story).toEqual(['/var/kernel: ok', '/run/before: changed', '/run/after: ok'])
})
