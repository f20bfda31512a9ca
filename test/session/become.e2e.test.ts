import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Host } from '../../inventory/host.ts'
import { blob, raw, Secret, sh, sha256 } from '../../lib/index.ts'
import { type OpenOptions, openSession } from '../../lib/session/open.ts'
import * as sandbox from '../sandbox/index.ts'
import { makeHost, scratch, sshConfigIn } from './hosts.ts'

const NAME = 'become'
const PASSWORD = 'sandbox-ops'
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

const open = (over: Partial<Host> = {}, options: OpenOptions = {}) => {
  const { address, port, identityFile, knownHosts } = entry
  const sshConfig = sshConfigIn(dir, readFileSync(knownHosts, 'utf8'))
  return openSession(makeHost({ name: NAME, address, port, identityFile, ...over }), { sshConfig, ...options })
}
const asRoot = { become: { user: 'root' } } as const
const big = randomBytes(20_000_000)

describe('become', () => {
  test.each([
    ['ops', PASSWORD],
    ['ubuntu', undefined],
    ['ubuntu', 'not-asked-for'],
  ])('%s is root by sudo, with the password %s', async (user, password) => {
    const becomePassword = password === undefined ? undefined : new Secret('become', password)
    const session = open({ user, ...asRoot }, { becomePassword })
    expect(await session.hello()).toMatchObject({ name: NAME, os: 'debian', sshPort: 22 })
    const path = `/root/${user}-${password === undefined ? 'without' : 'with'}`
    await session.upload(blob(big), path)
    const outputs = await session.exec([
      raw('id -un; echo "$USER $HOME"; cat; env; cat /proc/[0-9]*/cmdline | tr "\\0" "\\n"'),
      sh`stat -c '%a %U:%G' ${path}; sha256sum ${path}`,
      raw('ls /tmp /run'),
    ])
    const [who, file] = outputs.map(({ stdout }) => stdout.toString())
    expect(who).toMatch(/^root\nroot \/root\n/)
    expect(file).toMatch(new RegExp(`^600 root:root\\n${sha256(big)} `))
    if (password !== undefined)
      for (const { stdout, stderr } of outputs) expect(`${stdout}${stderr}`).not.toContain(password)
    await session.close()
  })

  test('with a wrong password is refused within seconds, and the password shows nowhere (F10)', async () => {
    const warnings: string[] = []
    const becomePassword = new Secret('become', 'wrong-horse-battery')
    const session = open(
      { user: 'ops', ...asRoot },
      { becomePassword, onWarning: (message) => void warnings.push(message) },
    )
    const started = performance.now()
    const error: unknown = await session.hello().catch((reason: unknown) => reason)
    expect(performance.now() - started).toBeLessThan(8000)
    expect(error).toMatchObject({
      name: 'UnreachableError',
      message: `${NAME}: ops did not become root by sudo: the password is wrong`,
    })
    const journal = await sandbox.ssh(NAME, 'journalctl --no-pager; cat /var/log/auth.log 2> /dev/null')
    const said = [String(error), (error as Error).stack, warnings.join(), journal.stdout].join('\n')
    expect(said).not.toContain('wrong-horse-battery')
    await session.close()
  })

  test('says where sudo wants a password that nobody gave, or does not allow it', async () => {
    await expect(open({ user: 'ops', ...asRoot }).hello()).rejects.toThrow('--ask-become-pass')
    await sandbox.ssh(
      NAME,
      'useradd -m guest; cp -r ~ops/.ssh ~guest/; chown -R guest: ~guest; echo guest:gu35t | chpasswd',
    )
    const becomePassword = new Secret('become', 'gu35t')
    await expect(open({ user: 'guest', ...asRoot }, { becomePassword }).hello()).rejects.toThrow(
      'sudoers does not allow it to run commands as root',
    )
  })

  test('is not needed by root, whose big content goes by the sftp of OpenSSH', async () => {
    const session = open(asRoot)
    await session.hello()
    const upload = session.upload(blob(big), '/root/direct')
    const inside = session.exec([sh`sha256sum ${blob(big)}; pgrep -c sftp-server`])
    await upload
    expect((await inside)[0]?.stdout.toString()).toBe(`${sha256(big)}  -\n1\n`)
    const [stat, left] = await session.exec([sh`stat -c '%a %U:%G %s' /root/direct`, raw('ls /run')])
    expect(stat?.stdout.toString()).toBe(`600 root:root ${big.length}\n`)
    expect(left?.stdout.toString()).not.toContain('trueup-')
    await session.close()
  })

  test('and without an sftp subsystem through the shell, which is said once', async () => {
    const off = "sed -i 's/^Subsystem/#&/' /etc/ssh/sshd_config && systemctl reload-or-restart ssh"
    expect((await sandbox.ssh(NAME, off)).code).toBe(0)
    const warnings: string[] = []
    const session = open({}, { onWarning: (message) => void warnings.push(message) })
    await session.hello()
    await session.upload(blob(big), '/root/without')
    expect((await session.exec([sh`sha256sum ${blob(big)}`]))[0]?.stdout.toString()).toContain(sha256(big))
    expect(warnings).toEqual([expect.stringMatching(/^become: there is no sftp on the host/)])
    await session.close()
  })
})

describe('a host', () => {
  test('that reboots is lost, and met again with another boot id', async () => {
    const session = open()
    const { bootId } = await session.hello()
    const lost = session.exec([raw('systemctl reboot; sleep 60')])
    await expect(lost).rejects.toMatchObject({ name: 'LostError' })
    const again = async () => {
      for (let n = 0; ; n += 1) {
        const facts = await session.hello().catch((error: unknown) => {
          if (n === 20) throw error
        })
        if (facts !== undefined && facts.bootId !== bootId) return facts
        await sleep(500)
      }
    }
    expect((await again()).name).toBe(NAME)
    expect((await session.exec([raw('echo again')]))[0]?.stdout.toString()).toBe('again\n')
    await session.close()
  })

  test('whose key has changed is refused, with both fingerprints', async () => {
    const fingerprint = 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d" " -f2'
    const anew = 'rm /etc/ssh/ssh_host_ed25519_key*; ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key'
    const { code, stdout } = await sandbox.ssh(NAME, `${fingerprint}; ${anew}; ${fingerprint}; systemctl restart ssh`)
    expect(code).toBe(0)
    const [before = '', after = ''] = stdout.trim().split('\n')
    expect(after).not.toBe(before)
    const refused = open().hello()
    await expect(refused).rejects.toThrow(`known: ssh-ed25519 ${before}`)
    await expect(refused).rejects.toThrow(`shown: ssh-ed25519 ${after}`)
    await expect(refused).rejects.toMatchObject({ name: 'UnreachableError' })
    await expect(open({ hostKey: before }).hello()).rejects.toThrow(`pinned: ${before}\n  shown:  ssh-ed25519 ${after}`)
  })
})
