import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSession } from '../../lib/session/open.ts'
import { fingerprint } from '../../lib/session/ssh/known-hosts.ts'
import { fetchHostKey, trustHostKey } from '../../lib/session/ssh/trust.ts'
import { keyIn, makeHost, scratch, sshConfigIn } from './hosts.ts'
import { newKey, startSshd } from './sshd.ts'

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

test.each(['no', 'yes'])('a host is trusted once, HashKnownHosts %s', async (hashed) => {
  const host = makeHost({ port: sshd.port, identityFile })
  const file = sshConfigIn(
    dir,
    'web9 ssh-ed25519 AAAA',
    `UserKnownHostsFile ${dir}/.ssh-${hashed}/known\nHashKnownHosts ${hashed}`,
  )
  const { authentications } = sshd.counts
  const key = await fetchHostKey(host, { file })
  expect(key).toMatchObject({ type: 'ssh-ed25519', fingerprint: fingerprint(hostKey.blob), known: [] })
  expect(sshd.counts.authentications).toBe(authentications)
  expect(await trustHostKey(key)).toBe(true)
  const written = join(dir, `.ssh-${hashed}`, 'known')
  expect(readFileSync(written, 'utf8')).toMatch(hashed === 'yes' ? /^\|1\|/ : /^\[127\.0\.0\.1\]:\d+ ssh-ed25519 /)
  expect([statSync(written).mode & 0o777, statSync(join(dir, `.ssh-${hashed}`)).mode & 0o777]).toEqual([0o600, 0o700])
  const session = openSession(host, { sshConfig: file })
  await session.hello()
  await session.close()
  expect(await trustHostKey(await fetchHostKey(host, { file }))).toBe(false)
  expect(readFileSync(written, 'utf8').trim().split('\n')).toHaveLength(1)
})

test('another key that is known is not replaced', async () => {
  const file = sshConfigIn(dir, `[127.0.0.1]:${sshd.port} ${newKey().public}`)
  const key = await fetchHostKey(makeHost({ port: sshd.port }), { file })
  await expect(trustHostKey(key)).rejects.toThrow('has another key of this host')
})
