import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Host } from '../../inventory/host.ts'
import { blob, raw, Secret, sh } from '../../lib/index.ts'
import { openSession } from '../../lib/session/open.ts'
import { fingerprint, hashName } from '../../lib/session/ssh/known-hosts.ts'
import { keyIn, makeHost, scratch, sshConfigIn } from './hosts.ts'
import { newKey, startSshd } from './sshd.ts'

const dir = scratch()
const hostKey = newKey()
const mine = newKey()
const identityFile = keyIn(dir, 'mine', mine.private)
let sshd: Awaited<ReturnType<typeof startSshd>>
/** The name that known_hosts has for the server. */
let name: string

beforeAll(async () => {
  sshd = await startSshd({ hostKeys: [hostKey.private], authorized: [mine.public] })
  name = `[127.0.0.1]:${sshd.port}`
})
afterAll(() => {
  sshd.stop()
  rmSync(dir, { recursive: true })
})

interface Around {
  readonly known?: string
  readonly config?: string
}
const open = (over: Partial<Host> = {}, { known = `${name} ${hostKey.public}\n`, config = '' }: Around = {}) =>
  openSession(makeHost({ port: sshd.port, identityFile, ...over }), { sshConfig: sshConfigIn(dir, known, config) })

/** Connects, and says what came of it. */
const attempt = async (over: Partial<Host> = {}, around: Around = {}): Promise<string> => {
  const session = open(over, around)
  try {
    const { os } = await session.hello()
    return os === '' ? 'no os' : 'in'
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } finally {
    await session.close()
  }
}

describe('a session over ssh', () => {
  test('is one channel, one framed request a time, and quick', async () => {
    const session = open()
    expect(await session.hello()).toMatchObject({ name: 'web1', sshFrom: '192.0.2.7', sshPort: 22 })
    const { channels } = sshd.counts
    const times: number[] = []
    for (let n = 0; n < 20; n += 1) {
      const started = performance.now()
      await session.exec([raw(':')], { here: true })
      times.push(performance.now() - started)
    }
    const [least = 0, median = 0] = [0, 10].map((index) => times.toSorted((a, b) => a - b)[index])
    console.log(`a round trip: ${median.toFixed(1)} ms, at best ${least.toFixed(1)} ms`)
    // At best: other tests run at the same time. A delayed acknowledgement would make it 40 ms.
    expect(least).toBeLessThan(10)
    await session.upload(blob('x'), `${dir}/uploaded`)
    expect({ trips: session.trips, channels: sshd.counts.channels - channels }).toEqual({ trips: 21, channels: 0 })
    await session.close()
  })

  test('finishes on the host what was begun when the connection is lost, and connects again (F1)', async () => {
    const session = open()
    await session.hello()
    const done = `${dir}/done`
    await session.exec([raw('echo a question before it')], { reads: true })
    const command = sh`for i in {1..20}; do echo $i; echo $i >&2; cat /etc/passwd; sleep 0.05; done; touch ${done}`
    const lost = session.exec([command])
    const told = expect(lost).rejects.toMatchObject({ name: 'LostError' })
    await sleep(300)
    sshd.cut()
    await told
    expect(existsSync(done)).toBe(false)
    await session.hello()
    for (let n = 0; n < 100 && !existsSync(done); n += 1) await sleep(100)
    expect(existsSync(done)).toBe(true)
    expect((await session.exec([raw('echo again')]))[0]?.stdout.toString()).toBe('again\n')
    await session.close()
  })

  test('has a second one beside it', async () => {
    const session = open()
    await session.hello()
    const { connections } = sshd.counts
    const fresh = await session.fresh()
    expect((await fresh.exec([raw('echo new')]))[0]?.stdout.toString()).toBe('new\n')
    expect(sshd.counts.connections).toBe(connections + 1)
    await Promise.all([fresh.close(), session.close()])
  })
})

describe('the proof that one can still get in', () => {
  test('goes by both addresses, where there are two', async () => {
    const session = open({ address6: '127.0.0.1' })
    await session.hello()
    const { connections } = sshd.counts
    await (await session.fresh()).close()
    expect({ connections: sshd.counts.connections - connections, trips: session.trips }).toEqual({
      connections: 2,
      trips: 2,
    })
    const half = open({ address6: '127.0.0.2' })
    await half.hello()
    await expect(half.fresh()).rejects.toThrow(/127\.0\.0\.2:\d+\): connection refused/)
    await Promise.all([session.close(), half.close()])
  })

  test('goes by the way that is wanted, not by the first one, unless that is how we came in', async () => {
    const first = { port: sshd.port, user: 'root' }
    const session = open({ port: 1, first })
    await session.hello()
    await (await session.fresh()).close()
    await session.close()
    const other = await startSshd({ hostKeys: [hostKey.private], authorized: [mine.public] })
    const pin = fingerprint(hostKey.blob)
    const wanted = open({ port: other.port, first, hostKey: pin })
    await wanted.hello()
    other.stop()
    await expect(wanted.fresh()).rejects.toThrow(/connection refused/)
    await wanted.close()
  })
})

describe('a host key', () => {
  test('that is known lets in: plain, hashed, by a wildcard, by the host alone, by its pin', async () => {
    const { public: key } = hostKey
    const lines = [`${name} ${key}`, `${hashName(name)} ${key}`, `[127.0.0.*]:* ${key}`, `127.0.0.1 ${key}`]
    const said = await Promise.all([
      ...lines.map((known) => attempt({}, { known })),
      attempt({ hostKey: fingerprint(hostKey.blob) }, { known: '' }),
      attempt({}, { known: `alias ${key}`, config: 'HostKeyAlias alias' }),
    ])
    expect(said).toEqual(Array.from({ length: 6 }, () => 'in'))
  })

  test('that is unknown is shown, with the line to add', async () => {
    const { authentications } = sshd.counts
    const said = await attempt({}, { known: '' })
    expect(said).toMatch(/^UnreachableError: web1 \(root@127\.0\.0\.1:\d+\): the host key is not known/)
    expect(said).toContain(`ssh-ed25519 ${fingerprint(hostKey.blob)}`)
    expect(said).toContain(`${name} ${hostKey.public.trim().split(' ').slice(0, 2).join(' ')}`)
    expect(said).toContain('run.ts trust web1')
    expect(sshd.counts.authentications).toBe(authentications)
  })

  test('that has changed is refused before anything is sent (F9)', async () => {
    const other = newKey()
    const { authentications } = sshd.counts
    const said = await attempt({ first: { port: sshd.port, user: 'x' } }, { known: `${name} ${other.public}` })
    expect(said).toContain('has CHANGED')
    expect(said).toContain(fingerprint(other.blob))
    expect(said).toContain(fingerprint(hostKey.blob))
    expect(await attempt({ hostKey: fingerprint(other.blob) })).toContain('not the pinned one')
    expect(sshd.counts.authentications).toBe(authentications)
  })

  test('that is revoked, or known by its authority only, is refused', async () => {
    expect(await attempt({}, { known: `@revoked * ${hostKey.public}\n${name} ${hostKey.public}` })).toContain('revoked')
    expect(await attempt({}, { known: `@cert-authority * ${hostKey.public}` })).toContain('not supported')
  })

  test('of the type that is known is what the host is asked for', async () => {
    const keys = [newKey('ed25519'), newKey('rsa'), newKey('ecdsa')]
    const many = await startSshd({ hostKeys: keys.map((key) => key.private) })
    const said = keys.flatMap((key) => [
      attempt({ port: many.port }, { known: `[127.0.0.1]:${many.port} ${key.public}` }),
      attempt({ port: many.port, hostKey: fingerprint(key.blob) }, { known: '' }),
    ])
    expect(await Promise.all(said)).toEqual(Array.from({ length: 6 }, () => 'in'))
    many.stop()
  })
})

describe.concurrent('a login', () => {
  test('opens a locked key, and says which one it cannot open', async () => {
    const locked = newKey('ed25519', 'open sesame')
    const server = await startSshd({ hostKeys: [hostKey.private], authorized: [locked.public] })
    const file = keyIn(dir, 'locked', locked.private)
    const by = (word?: string) => {
      const passphrase = word === undefined ? undefined : new Secret('passphrase', word)
      return attempt({ port: server.port, identityFile: file, hostKey: fingerprint(hostKey.blob), passphrase })
    }
    const [right, wrong, none] = await Promise.all([by('open sesame'), by('wrong horse'), by()])
    expect(right).toBe('in')
    expect(wrong).toMatch(/identityFile \S*locked: ‹secret passphrase› does not open it/)
    expect(none).toMatch(/identityFile \S*locked: it needs a passphrase: ssh-add it/)
    server.stop()
  })

  test('says which file is missing, and which ways were tried', async () => {
    expect(await attempt({ identityFile: '/none' })).toContain('identityFile /none: there is no such file')
    const other = keyIn(dir, 'other', newKey().private)
    expect(await attempt({ identityFile: other })).toContain(`the login was refused; tried: ${other};`)
    expect(await attempt({ identityFile: undefined })).toContain('there is neither a key file nor an agent to try')
  })

  test('takes the key of ssh_config', async () => {
    expect(await attempt({ identityFile: undefined }, { config: `IdentityFile ${identityFile}` })).toBe('in')
  })

  test('falls back to the first port and user when the wanted ones refuse, and only then', async () => {
    const only = await startSshd({ hostKeys: [hostKey.private], authorized: [mine.public], users: ['first'] })
    const pin = { hostKey: fingerprint(hostKey.blob) }
    const first = { port: only.port, user: 'first' }
    const wanted = { ...pin, port: only.port, user: 'wanted' }
    const said = await Promise.all([
      attempt({ ...pin, port: 1, first }),
      attempt({ ...wanted, first }),
      attempt({ ...wanted, first: { ...first, user: 'x' } }),
    ])
    expect(said).toEqual(['in', 'in', expect.stringContaining('“first”')])
    only.stop()
  })

  test('goes by jump hosts, whose keys are checked the same way', async () => {
    const jump = await startSshd({ hostKeys: [hostKey.private], authorized: [mine.public] })
    const known = [name, `[127.0.0.1]:${jump.port}`].map((one) => `${one} ${hostKey.public}\n`).join('')
    const config = `IdentityFile ${identityFile}`
    const proxyJump = `me@127.0.0.1:${jump.port}`
    const said = await Promise.all([
      attempt({ proxyJump }, { known, config }),
      attempt({ proxyJump: `${proxyJump},me@127.0.0.1:${sshd.port}` }, { known, config }),
      attempt({}, { known, config: `${config}\nMatch host 127.0.0.1 user root\nProxyJump ${proxyJump}` }),
      attempt({ proxyJump }, { config }),
      attempt({ proxyJump, port: 1 }, { known, config }),
    ])
    expect(said.slice(0, 3)).toEqual(['in', 'in', 'in'])
    expect(said[3]).toContain('not known')
    expect(said[4]).toContain('cannot reach 127.0.0.1:1')
    jump.stop()
  })

  test('says what is wrong with a host that has no bash, or an account that is closed', async () => {
    const said = async (env: Record<string, string>) => {
      const server = await startSshd({ hostKeys: [hostKey.private], env })
      const text = await attempt({ port: server.port, hostKey: fingerprint(hostKey.blob) })
      server.stop()
      return text
    }
    expect(await said({ PATH: '/none' })).toMatch(/^UnreachableError: web1: .*not found.*; the host needs bash/)
    const closed = join(dir, 'closed')
    mkdirSync(closed)
    symlinkSync('/usr/bin/env', join(closed, 'env'))
    writeFileSync(join(closed, 'bash'), '#!/bin/sh\necho This account is closed. >&2; exit 1\n', { mode: 0o755 })
    expect(await said({ PATH: closed })).toContain('exit code 1: This account is closed.')
  })

  test('ends in good time when nobody speaks', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const started = performance.now()
    expect(await attempt({ port: address.port, connectTimeout: 0.3 })).toContain('Timed out')
    expect(performance.now() - started).toBeLessThan(8000)
    silent.close()
  })
})
