import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { groupDir, members } from './group.ts'
import * as sandbox from './index.ts'
import { machineName } from './paths.ts'

// Names of this file alone: test files run side by side.
const [A, B] = ['sandbox-a', 'sandbox-b'] as const

const out = async (name: string, command: string): Promise<string> => {
  const { code, stdout, stderr } = await sandbox.ssh(name, command)
  if (code !== 0) throw new Error(`${name}: ${command}: exit ${code}\n${stderr}`)
  return stdout.trim()
}

const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id'

/** Reboots, and waits for the next boot to let somebody in. */
const reboot = async (name: string): Promise<string> => {
  const before = await out(name, BOOT_ID)
  await sandbox.ssh(name, 'systemctl reboot')
  for (let tries = 0; tries < 60; tries += 1) {
    await sleep(200)
    const { code, stdout } = await sandbox.ssh(name, BOOT_ID)
    if (code === 0 && stdout.trim() !== before) return stdout.trim()
  }
  throw new Error(`${name} did not come back`)
}

beforeAll(() => sandbox.up([A, B]))
afterAll(() => sandbox.down([A, B]))

describe('up', () => {
  it('boots whole systems, side by side', async () => {
    const states = await Promise.all([A, B].map((name) => out(name, 'hostname; systemctl is-system-running')))
    expect(states).toEqual([`${A}\nrunning`, `${B}\nrunning`])
  })

  it('leaves a host that is on alone', async () => {
    const before = await out(A, BOOT_ID)
    await sandbox.up([A])
    expect(await out(A, BOOT_ID)).toBe(before)
  })

  it('names hosts to each other, and leads nowhere else', async () => {
    expect(await out(A, `getent ahostsv4 ${B} | head -1`)).toMatch(/^10\.77\.\d+\.\d+ /)
    expect(await out(A, `getent ahostsv6 ${B} | head -1`)).toMatch(/^fd77:/)
    expect(await out(A, 'ip route get 203.0.113.1 2>&1 || true')).toContain('unreachable')
  })

  it('writes an inventory with pinned keys', () => {
    const inventory = readFileSync(sandbox.inventoryFile, 'utf8')
    expect(inventory).toMatch(new RegExp(`${A}:\n +address: 10\\.77\\.[0-9.]+\n`))
    expect(inventory).toMatch(/hostKey: SHA256:[A-Za-z0-9+/]{43}\n/)
  })

  it('has people to become root from, with and without a password', async () => {
    expect(await out(A, "su - ubuntu -c 'sudo id -u'")).toBe('0')
    expect(await out(A, "su - ops -c 'sudo -n id -u 2>&1 || echo sandbox-ops | sudo -S id -u 2>/dev/null'")).toMatch(
      /\n0$/,
    )
  })

  it('finds packages', async () => {
    expect(await out(A, 'ls /var/lib/apt/lists')).not.toContain('InRelease')
    expect(await out(A, 'apt-get -qq update && apt-cache policy ufw')).toContain('Candidate: 0')
  })
})

describe('manifest', () => {
  it('shows a change, and looking changes nothing', async () => {
    const before = await sandbox.manifest(B)
    await out(B, 'true')
    expect(sandbox.diffManifest(before, await sandbox.manifest(B))).toEqual([])
    await out(B, 'echo x >> /etc/motd; chmod 600 /etc/issue; systemctl restart cron')
    const lines = sandbox.diffManifest(before, await sandbox.manifest(B))
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      '~ file /etc/issue',
      '~ file /etc/motd',
      '~ unit cron.service',
    ])
  })
})

describe('reboot', () => {
  it('keeps the disk and loses what a reboot loses', async () => {
    await out(A, 'touch /root/kept; nft add table inet lost; sysctl -qw net.ipv4.ip_forward=1')
    const before = await out(A, BOOT_ID)
    expect(await reboot(A)).not.toBe(before)
    expect(await out(A, 'ls /root; nft list tables; sysctl -n net.ipv4.ip_forward')).toBe('kept\n0')
  })
})

describe('snapshot', () => {
  it('brings back the whole disk, data folders of Docker included', async () => {
    await out(A, 'echo one > /root/state; echo one > /var/lib/docker/state')
    await sandbox.snapshot(A, 'one')
    expect(await sandbox.hasSnapshot(A, 'one')).toBe(true)
    await out(A, 'echo two > /root/state; echo two > /var/lib/docker/state; touch /root/new; rm /etc/motd')
    await sandbox.restore(A, 'one')
    expect(await out(A, 'cat /root/state /var/lib/docker/state; ls /etc/motd /root')).toBe(
      'one\none\n/etc/motd\n\n/root:\nkept\nstate',
    )
  })

  it('makes another host the same, which keeps its own name', async () => {
    await sandbox.restore(B, 'one', { from: A })
    expect(await out(B, 'hostname; cat /root/state')).toBe(`${B}\none`)
  })

  it('names what there is when asked for another', async () => {
    await expect(sandbox.restore(A, 'nine')).rejects.toThrow(`${A} has no snapshot nine: it has one`)
  })
})

describe('reset', () => {
  it('makes hosts bare, all the same, and keeps their keys', async () => {
    await sandbox.reset([A, B])
    const [a, b] = await Promise.all([sandbox.manifest(A), sandbox.manifest(B)])
    const differing = sandbox.diffManifest(a, b).filter((line) => !line.includes(' unit '))
    expect(differing.map((line) => line.split(':')[0]?.replace(/ssh_host_.*/, 'ssh_host_*'))).toEqual([
      '~ file /etc/hostname',
      '~ file /etc/hosts',
      '~ file /etc/machine-id',
      ...Array.from({ length: 6 }, () => '~ file /etc/ssh/ssh_host_*'),
      ...['ops', 'ubuntu'].map((user) => `~ file /home/${user}/.ssh/authorized_keys`),
      '~ file /root/.ssh/authorized_keys',
    ])
  })
})

describe('after a crash', () => {
  it('up ends what is left of a host and boots it from its disk', async () => {
    const before = await out(A, `touch /root/kept; ${BOOT_ID}`)
    const [supervisor = 0] = await members(machineName(A), 'loop')
    process.kill(supervisor, 'SIGKILL')
    while ((await members(machineName(A), 'loop')).length) await sleep(10)
    await sandbox.up([A])
    expect(await out(A, BOOT_ID)).not.toBe(before)
    expect(await out(A, 'ls /root')).toBe('kept')
  })
})

describe('down', () => {
  it('leaves nothing of a host', async () => {
    await sandbox.down([B])
    expect(existsSync(groupDir(machineName(B)))).toBe(false)
    expect(existsSync(`/run/netns/${machineName(B)}`)).toBe(false)
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(`/${B}/`)
    expect(readFileSync(sandbox.inventoryFile, 'utf8')).not.toContain(B)
    await expect(sandbox.ssh(B, 'true')).rejects.toThrow(`there is no host ${B}`)
    await sandbox.up([B])
  })
})
