import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { down, ssh } from '../sandbox/index.ts'
import { grounded } from './ground.ts'
import { addressesOf, judge, on } from './judge.ts'

const HOST = 'audit'
const JUDGE = 'auditor'

/** Left out of lynis, and why; everything else counts. */
const SKIPPED = {
  'BOOT-5180': 'a container has no runlevels',
  'BOOT-5264': "systemd-analyze judges each distribution's own units, on a container without most of what it asks for",
  'KRNL-5788': 'a container has no kernel of its own in /boot',
  'CONT-8104': 'docker warns that the sandbox lets it set no limits',
}

beforeAll(async () => {
  await Promise.all([grounded(HOST, ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx']), judge(JUDGE, ['ssh-audit'])])
})
afterAll(() => down([HOST, JUDGE]))

describe('auditors', () => {
  it('lynis gives 80 and more, and warns of nothing', async () => {
    // As the timer would by night: what the security archive has.
    await on(HOST, 'unattended-upgrade')
    await on(HOST, 'DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends lynis')
    const profile = Object.keys(SKIPPED).map((test) => `skip-test=${test}\n`)
    expect((await ssh(HOST, 'cat > /etc/lynis/custom.prf', { input: profile.join('') })).code).toBe(0)
    await ssh(HOST, 'lynis audit system --quick --no-colors > /run/lynis 2>&1', { timeout: 900_000 })
    const report = await on(HOST, 'cat /var/log/lynis-report.dat')
    const value = (key: string) => Number(new RegExp(`^${key}=(\\d+)`, 'm').exec(report)?.[1])
    const performed = (/^tests_executed=(.*)$/m.exec(report)?.[1] ?? '').split('|').filter(Boolean).length
    console.log(
      `lynis: ${value('hardening_index')} with ${performed} tests; left out: ${Object.keys(SKIPPED).join(', ')}`,
    )
    expect(report.match(/^warning\[\]=.*$/gm) ?? []).toEqual([])
    expect(performed).toBeGreaterThanOrEqual(240)
    expect(value('hardening_index')).toBeGreaterThanOrEqual(80)
  }, 1_200_000)

  it('ssh-audit fails and warns of nothing, and is offered exchanges that a quantum computer does not break', async () => {
    const { v4 } = await addressesOf(HOST)
    const { stdout } = await ssh(JUDGE, `ssh-audit --no-colors ${v4}`)
    expect(stdout).toContain('mlkem768x25519-sha256')
    expect(stdout).toContain('sntrup761x25519-sha512')
    expect(stdout.split('\n').filter((line) => /\[(fail|warn)\]/.test(line))).toEqual([])
  })

  it('shellcheck has nothing to say of our scripts, nor sshd and nginx of their files', async () => {
    await on(HOST, 'DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends shellcheck')
    for (const name of ['docker-cleanup', 'nginx-reload.sh']) {
      const input = readFileSync(new URL(`../../files/${name}`, import.meta.url), 'utf8')
      const { code, stdout } = await ssh(HOST, 'shellcheck -S style -', { input })
      expect({ name, code, stdout }).toEqual({ name, code: 0, stdout: '' })
    }
    await on(HOST, 'sshd -t && nginx -t')
  })
})
