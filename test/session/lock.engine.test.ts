import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bundle } from '../../bin/build.ts'
import { type HostFacts, raw, sh } from '../../lib/index.ts'
import { startLocal } from '../../lib/session/local.ts'
import type { Claim } from '../../lib/session/lock.ts'
import { ShellSession } from '../../lib/session/shell-session.ts'
import { scratch } from './hosts.ts'

const dir = scratch()
const children: ChildProcess[] = []
const sessions: ShellSession[] = []
// As it is built it starts several times faster.
beforeAll(() => bundle('test/session/fixtures/runner.ts', dir))
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(sessions.map((session) => session.close()))
  rmSync(dir, { recursive: true })
})

let roots = 0
/** A host of its own: locks lie below it. */
const place = () => {
  const root = join(dir, `root-${(roots += 1)}`)
  mkdirSync(root)
  const folder = process.getuid?.() === 0 ? `${root}/run/trueup` : `${root}/tmp/trueup-${process.getuid?.()}`
  const open = (claim: Partial<Claim> = {}, warnings: string[] = [], idle = 30, guess?: HostFacts) => {
    const session = new ShellSession('web1', () => Promise.resolve(startLocal()), {
      root,
      idle,
      claim: { run: 'mine', mode: 'take', ...claim },
      onWarning: (message) => void warnings.push(message),
      ...(guess && { remembered: { recall: () => guess, keep: () => {} } }),
    })
    sessions.push(session)
    return session
  }
  return { root, folder, open }
}

/** A runner in a process of its own, which can be killed: it takes the lock, and begins a command. */
const runner = async (root: string, folder: string, command: string): Promise<ChildProcess> => {
  const child = spawn(
    process.execPath,
    [join(dir, 'run.js'), root, command === '' ? '' : `date +%s > ${root}/begun; ${command}`],
    { stdio: 'ignore' },
  )
  children.push(child)
  await underWay(command === '' ? `${folder}/lock` : `${root}/begun`)
  return child
}

/** Waits until a file says something: other tests run at the same time, and nothing is quick. */
const underWay = (file: string) =>
  vi.waitFor(() => expect(readFileSync(file, 'utf8')).toMatch(/\d\n$/), { timeout: 25_000, interval: 50 })

describe.concurrent('the lock of a host', () => {
  test('is taken at the hello, in no round trip of its own, and let go at the end', async () => {
    const { folder, open } = place()
    const one = open()
    await one.hello()
    expect(one.trips).toBe(0)
    expect((statSync(folder).mode & 0o7777).toString(8)).toBe('700')
    await one.close()
    await open({ run: 'other' }).hello()
  })

  test('refuses a second run at once, and names who holds it (F8)', async () => {
    const { open } = place()
    await open().hello()
    const started = performance.now()
    const refused = open({ run: 'other' }).hello()
    await expect(refused).rejects.toMatchObject({
      name: 'LockedError',
      message: expect.stringMatching(
        /^web1: another run holds this host: \S+@\S+ \(pid \d+\), since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC, for \d+ s; .*--lock-wait/,
      ) as string,
    })
    await expect(refused).rejects.toThrow(`(pid ${process.pid})`)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('is waited for where that is asked for, and what was read meanwhile is read again', async () => {
    const { open } = place()
    const one = open()
    await one.hello()
    const warnings: string[] = []
    const other = open({ run: 'other', wait: 20 }, warnings)
    const hello = other.hello()
    await sleep(1500)
    await one.close()
    expect(await hello).toMatchObject({ name: 'web1' })
    expect(warnings).toEqual([expect.stringContaining('waits for another run: ')])
    expect(other.trips).toBe(0)
    await expect(open({ run: 'third', wait: 1 }).hello()).rejects.toMatchObject({ name: 'LockedError' })
  })

  test('makes what was asked ahead count for nothing where another run held it', async () => {
    const { open } = place()
    const one = open()
    const guess = await one.hello()
    const other = open({ run: 'other', wait: 20 }, [], 30, guess)
    let early: Promise<unknown> | undefined
    const hello = other.hello(() => {
      early = other.exec([raw('echo early')])
    })
    await sleep(1500)
    await one.close()
    const facts = await hello
    expect(facts).toEqual(guess)
    expect(facts).not.toBe(guess)
    expect(await early).toMatchObject([{ code: 0 }])
    await other.close()
  })

  test('is inherited by nothing that a command starts', async () => {
    const { open } = place()
    const one = open()
    await one.hello()
    await one.exec([raw('sleep 5 > /dev/null 2>&1 &'), raw('sleep 5 > /dev/null 2>&1 9>&- &')])
    await one.close()
    await open({ run: 'other' }).hello()
  })

  test('is looked at by a dry run, which neither waits nor takes it', async () => {
    const { folder, open } = place()
    const warnings: string[] = []
    await open({ mode: 'look' }, warnings).hello()
    expect(existsSync(folder)).toBe(false)
    expect(warnings).toEqual([])
    await open().hello()
    await open({ run: 'dry', mode: 'look' }, warnings).hello()
    expect(warnings).toEqual([expect.stringContaining(`another run is under way, so this may be out of date soon: `)])
  })

  test('does not stand in the way of the proof that one can still get in', async () => {
    const { open } = place()
    const one = open()
    await one.hello()
    const fresh = await one.fresh()
    expect((await fresh.exec([raw('echo in')]))[0]?.stdout.toString()).toBe('in\n')
    await fresh.close()
    await expect(open({ run: 'other' }).hello()).rejects.toMatchObject({ name: 'LockedError' })
  })

  test('is refused where somebody else has made its folder', async () => {
    const { root, folder, open } = place()
    mkdirSync(folder.replace(/\/[^/]*$/, ''), { recursive: true })
    mkdirSync(`${root}/elsewhere`)
    symlinkSync(`${root}/elsewhere`, folder)
    await expect(open().hello()).rejects.toThrow(/web1: it cannot be locked: .* belongs to somebody else/)
  })

  test('is not kept by a file of an earlier boot', async () => {
    const { folder, open } = place()
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(`${folder}/lock`, 'run=old\nwho=me\npid=1\nfrom=\nshell=1 5\nkeeper=1 5\nsince=5\n')
    writeFileSync(`${folder}/job`, '1\n')
    const warnings: string[] = []
    await open({ mode: 'look' }, warnings).hello()
    await open().hello()
    expect(warnings).toEqual([])
  })

  test('ends with the silence of the network', async () => {
    const { root, open } = place()
    const streams = startLocal()
    const { stdin } = streams
    let silent = false
    const mute = Object.create(stdin, {
      write: { value: (data: string) => silent || stdin.write(data) },
    }) as typeof stdin
    const one = new ShellSession('web1', () => Promise.resolve({ ...streams, stdin: mute }), {
      root,
      idle: 2,
      claim: { run: 'silent', mode: 'take' },
    })
    await one.hello()
    silent = true
    await sleep(500)
    await expect(open({ run: 'other' }).hello()).rejects.toMatchObject({ name: 'LockedError' })
    await sleep(3000)
    await open({ run: 'other' }).hello()
    await one.close()
  })
})

describe('a run that was killed', () => {
  test('leaves no lock behind when nothing was under way', async () => {
    const { root, folder, open } = place()
    const child = await runner(root, folder, '')
    await expect(open().hello()).rejects.toThrow(`(pid ${child.pid})`)
    child.kill('SIGKILL')
    await once(child, 'close')
    await sleep(300)
    await open().hello()
  })

  test('has its command waited for, and named (F7)', async () => {
    const { root, folder, open } = place()
    const child = await runner(root, folder, `sleep 8; touch ${root}/done`)
    await expect(open({ orphans: 60 }).hello()).rejects.toThrow('another run holds this host')
    child.kill('SIGKILL')
    const warnings: string[] = []
    await open({}, warnings).hello()
    expect(existsSync(`${root}/done`)).toBe(true)
    expect(warnings).toEqual([
      expect.stringMatching(
        /waits, since a command of an earlier run is still under way there, .*process group \d+: sleep 8$/,
      ),
    ])
  })

  test('has its command named where that takes too long', async () => {
    const { root, folder, open } = place()
    const child = await runner(root, folder, `sleep 20`)
    child.kill('SIGKILL')
    await once(child, 'close')
    await expect(open({ orphans: 1 }).hello()).rejects.toMatchObject({
      name: 'LockedError',
      message: expect.stringMatching(
        /still under way there, and its run is gone: .*: sleep 20; nothing ends it/,
      ) as string,
    })
  })

  test('has its command waited for even when its shell is gone as well', async () => {
    const { root, folder, open } = place()
    const one = open({ run: 'first' })
    await one.hello()
    const lost = one.exec([sh`date +%s > ${root}/begun; sleep 8; touch ${root}/done`])
    const told = expect(lost).rejects.toMatchObject({ name: 'LostError' })
    await underWay(`${root}/begun`)
    const shell = /^shell=(\d+) /m.exec(readFileSync(`${folder}/lock`, 'utf8'))?.[1]
    process.kill(Number(shell), 'SIGKILL')
    await expect(open({ orphans: 0 }).hello()).rejects.toThrow(/and its run is gone: process group \d+: sleep 8/)
    expect(existsSync(`${root}/done`)).toBe(false)
    await open().hello()
    expect(existsSync(`${root}/done`)).toBe(true)
    await told
  })

  test('is waited for by itself, when it was only its connection that was lost', async () => {
    const { root, open } = place()
    const one = open()
    await one.hello()
    void one.exec([sh`date +%s > ${root}/begun; sleep 2; touch ${root}/done`]).catch(() => {})
    await underWay(`${root}/begun`)
    await one.hello()
    expect(existsSync(`${root}/done`)).toBe(true)
  })
})
