import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blob, raw } from '../../lib/index.ts'
import { openSession } from '../../lib/session/open.ts'
import { fingerprint } from '../../lib/session/ssh/known-hosts.ts'
import { keyIn, makeHost, scratch, sshConfigIn } from './hosts.ts'
import { newKey, startSshd } from './sshd.ts'

const dir = scratch()
const hostKey = newKey()
const identityFile = keyIn(dir, 'mine', newKey().private)
let sshd: Awaited<ReturnType<typeof startSshd>>
beforeAll(async () => {
  sshd = await startSshd({ hostKeys: [hostKey.private], sftp: {} })
})
afterAll(() => {
  sshd.stop()
  rmSync(dir, { recursive: true })
})

/** Forwards connections until it is told to stop, and then says nothing: no FIN, no RST. */
const startProxy = async (to: number) => {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('data', (chunk) => into.write(chunk))
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      for (const socket of sockets) socket.pause().removeAllListeners('data')
    },
    stop: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

test.concurrent.each([
  'a command',
  'an upload through the shell',
  'an upload by sftp',
  'a command to come',
])('a peer that dies without a word is lost within interval × count, during %s', async (during) => {
  const proxy = await startProxy(sshd.port)
  const host = makeHost({ port: proxy.port, identityFile, hostKey: fingerprint(hostKey.blob) })
  const session = openSession(host, { sshConfig: sshConfigIn(dir), keepalive: { interval: 0.4, count: 3 } })
  await session.hello()
  // A living peer that is only slow is no dead one.
  expect((await session.exec([raw('sleep 1.8; echo alive')]))[0]?.stdout.toString()).toBe('alive\n')
  const path = join(dir, during)
  const work = {
    'a command': () => session.exec([raw('sleep 60')]),
    'an upload through the shell': () => session.upload(blob(randomBytes(900_000)), path),
    'an upload by sftp': () => session.upload(blob(randomBytes(50_000_000)), path),
    'a command to come': async () => {
      await sleep(500)
      return session.exec([raw('true')])
    },
  }[during]
  if (during.startsWith('an upload')) proxy.freeze()
  const lost = work?.()
  const told = expect(lost).rejects.toMatchObject({ name: 'LostError', message: expect.stringContaining('Keepalive') })
  await sleep(50)
  proxy.freeze()
  const started = performance.now()
  await told
  // One more interval, as the count begins with the next question; and this machine may be busy.
  expect(performance.now() - started).toBeLessThan(4 * 400 + 1500)
  proxy.stop()
})
