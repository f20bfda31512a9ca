import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { blob, raw, sh, sha256 } from '../../lib/index.ts'
import { ShellSession } from '../../lib/session/shell-session.ts'
import { fingerprint } from '../../lib/session/ssh/known-hosts.ts'
import { startSsh } from '../../lib/session/ssh/start.ts'
import { keyIn, makeHost, scratch, sshConfigIn } from './hosts.ts'
import type { SftpFaults } from './sftp-server.ts'
import { newKey, startSshd } from './sshd.ts'

const dir = scratch()
const hostKey = newKey()
const identityFile = keyIn(dir, 'mine', newKey().private)
const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
  rmSync(dir, { recursive: true })
})

/** Bytes that take several writes; every file in a folder of its own. */
const big = randomBytes(3_000_001)
let folders = 0
const folder = () => {
  const path = join(dir, `folder-${(folders += 1)}`)
  return { path, make: sh`mkdir -p ${path}` }
}

/** A session of its own server. @param before - as if another user was become */
const begin = async (sftp?: SftpFaults, before = '') => {
  const sshd = await startSshd({ hostKeys: [hostKey.private], sftp })
  const warnings: string[] = []
  const host = makeHost({ port: sshd.port, identityFile, hostKey: fingerprint(hostKey.blob) })
  const settings = { file: sshConfigIn(dir), onWarning: (message: string) => warnings.push(message) }
  const spool = folder()
  const session = new ShellSession('web1', () => startSsh(host, () => before, settings), { spool: spool.path })
  await session.hello()
  await session.exec([spool.make])
  ends.push(async () => {
    await session.close()
    sshd.stop()
  })
  return { sshd, session, warnings, spool: spool.path, path: join(spool.path, 'a file') }
}

const expectWhole = (path: string, content: Buffer = big) => {
  expect(sha256(readFileSync(path))).toBe(sha256(content))
  expect(statSync(path).mode & 0o777).toBe(0o600)
}

describe.concurrent('big content', () => {
  test('goes by one sftp channel, each upload one trip, and keeps its turn', async () => {
    const { sshd, session, path } = await begin({})
    const { trips } = session
    const early = session.exec([sh`sleep 0.1; test ! -e ${path}`])
    const uploads = [session.upload(blob(big), path), session.upload(blob(big), `${path} 2`)]
    const late = session.exec([sh`cat ${path} ${`${path} 2`} | wc -c`])
    await Promise.all(uploads)
    expect((await early)[0]?.code).toBe(0)
    expect((await late)[0]?.stdout.toString()).toBe(`${2 * big.length}\n`)
    expectWhole(path)
    expect({ trips: session.trips - trips, ...sshd.counts }).toMatchObject({ trips: 4, channels: 1, sftps: 1 })
  })

  test('inside of commands as well, and nothing of it stays', async () => {
    const { sshd, session, spool } = await begin({})
    const [sum, count] = await session.exec([sh`sha256sum ${blob(big)}`, sh`cat ${blob(big)} | wc -c`])
    expect(sum?.stdout.toString().slice(0, 64)).toBe(sha256(big))
    expect(count?.stdout.toString()).toBe(`${big.length}\n`)
    expect(sshd.counts.sftps).toBe(1)
    expect(readdirSync(spool)).toEqual([])
  })

  test('is refused where there is something, which stays', async () => {
    const { session, path, warnings } = await begin({})
    await session.exec([sh`echo before > ${path}`])
    await expect(session.upload(blob(big), path)).rejects.toThrow(/was not written: .*cannot overwrite existing file/)
    await expect(session.upload(blob(big), '/none/x')).rejects.toThrow('No such file')
    expect(readFileSync(path, 'utf8')).toBe('before\n')
    expect(warnings).toEqual([])
  })

  test('goes through the shell where commands run as another user, or it is small', async () => {
    const { sshd, session, path } = await begin({}, 'env ')
    await session.upload(blob(big), path)
    expectWhole(path)
    const other = await begin({})
    await other.session.upload(blob('small'), other.path)
    expect([sshd.counts.sftps, other.sshd.counts.sftps]).toEqual([0, 0])
  })
})

describe.concurrent('where sftp fails, the shell is tried', () => {
  test('without a subsystem, which is said once', async () => {
    const { session, path, warnings } = await begin()
    await session.upload(blob(big), path)
    await session.upload(blob(big), `${path} 2`)
    expectWhole(path)
    expect(warnings).toEqual([expect.stringMatching(/^web1: there is no sftp on the host \(.*\); big content goes/)])
  })

  test.each<[string, SftpFaults]>([
    ['which makes files for others to read', { mode: 0o644 }],
    ['whose disk is full', { full: 1_000_000 }],
    ['which ends', { cut: { at: 1_000_000, how: (sftp) => sftp.end() } }],
  ])('by one %s', async (_, faults) => {
    const { session, path, sshd } = await begin(faults)
    await session.upload(blob(big), path)
    expectWhole(path)
    await session.upload(blob(big), `${path} 2`)
    expectWhole(`${path} 2`)
    expect(sshd.counts.sftps).toBe(faults.cut === undefined ? 1 : 2)
    expect((await session.exec([raw('echo next')]))[0]?.stdout.toString()).toBe('next\n')
  })

  test('which fails as well: nothing is left, and no command runs without its content', async () => {
    const { session, spool } = await begin({ full: 0 })
    const limit = raw('ulimit -f 1000')
    await session.exec([limit], { here: true })
    await expect(session.upload(blob(big), `${spool}/x`)).rejects.toThrow('was not written')
    await expect(session.exec([sh`cat ${blob(big)}; touch ${spool}/ran`])).rejects.toThrow('was not written')
    expect(readdirSync(spool)).toEqual([])
  })
})

test('a connection that breaks in the middle leaves nothing', async () => {
  let cut = () => {}
  for (const faults of [{ cut: { at: 1_000_000, how: () => cut() } }, undefined]) {
    const { session, path, sshd } = await begin(faults)
    cut = sshd.cut
    const lost = session.upload(blob(faults === undefined ? Buffer.alloc(64_000_000) : big), path)
    const told = expect(lost).rejects.toMatchObject({ name: 'LostError' })
    while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 2))
    if (faults === undefined) sshd.cut()
    await told
    for (let n = 0; n < 100 && existsSync(path); n += 1) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(existsSync(path)).toBe(false)
  }
})
