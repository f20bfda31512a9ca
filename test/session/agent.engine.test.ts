import { spawn, spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { openSession } from '../../lib/session/open.ts'
import { fingerprint } from '../../lib/session/ssh/known-hosts.ts'
import { keyIn, makeHost, scratch, sshConfigIn } from './hosts.ts'
import { newKey, startSshd } from './sshd.ts'

const dir = scratch()
const socket = join(dir, 'agent')
const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
afterAll(() => {
  agent.kill()
  rmSync(dir, { recursive: true })
})

test('the agent opens the door, also where the key file is locked, and is not waited for when it is gone', async () => {
  for (let n = 0; n < 100 && !existsSync(socket); n += 1) await sleep(50)
  const key = newKey()
  const hostKey = newKey()
  const plain = keyIn(dir, 'plain', key.private)
  expect(spawnSync('ssh-add', [plain], { env: { ...process.env, SSH_AUTH_SOCK: socket } }).status).toBe(0)
  const locked = keyIn(dir, 'locked', newKey('ed25519', 'unknown').private)
  const sshd = await startSshd({ hostKeys: [hostKey.private], authorized: [key.public] })
  const attempt = async (identityAgent: string, identityFile?: string) => {
    const host = makeHost({ port: sshd.port, hostKey: fingerprint(hostKey.blob), identityFile })
    const session = openSession(host, { sshConfig: sshConfigIn(dir, '', `IdentityAgent ${identityAgent}`) })
    const said = await session.hello().then(
      () => 'in',
      (error: unknown) => String(error),
    )
    await session.close()
    return said
  }
  expect(await attempt(socket)).toBe('in')
  expect(await attempt(socket, locked)).toBe('in')
  expect(await attempt(join(dir, 'gone'))).toMatch(/tried: the agent at \S*gone \(it does not answer\)/)
  sshd.stop()
})
