import { expect, vi } from 'vitest'
import { inside } from '../sandbox/boot.ts'
import { ssh } from '../sandbox/index.ts'

/** Whether one gets in by a new connection of OpenSSH's. */
export const getsIn = async (name: string): Promise<boolean> => (await ssh(name, 'true', { timeout: 4000 })).code === 0

/** Seconds until one gets in again. @throws Error where nobody does within so many of them */
export const backIn = async (name: string, since = performance.now(), within = 150): Promise<number> => {
  while (!(await getsIn(name))) {
    if (performance.now() - since > within * 1000) throw new Error(`${name} is not reachable after ${within} s`)
    await new Promise((resume) => setTimeout(resume, 500))
  }
  return Math.round((performance.now() - since) / 1000)
}

const bootId = async (name: string): Promise<string> =>
  (await inside(name, ['cat', '/proc/sys/kernel/random/boot_id']).catch(() => undefined))?.stdout ?? ''

/** Reboots a host that nobody gets into. */
export const reboot = async (name: string): Promise<void> => {
  const before = await bootId(name)
  await inside(name, ['systemctl', 'reboot', '--no-block'])
  await vi.waitFor(async () => expect(['', before]).not.toContain(await bootId(name)), {
    timeout: 60_000,
    interval: 200,
  })
}
