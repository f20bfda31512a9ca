import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { raw } from '../../lib/index.ts'
import { startLocal } from '../../lib/session/local.ts'
import { type OpenOptions, openSession } from '../../lib/session/open.ts'
import { Shell, type Streams } from '../../lib/session/shell.ts'
import { makeHost, scratch } from './hosts.ts'

const dir = scratch()
afterAll(() => rmSync(dir, { recursive: true }))

/** A session of its own for each test, as they run side by side: most of it is waiting. */
const open = async (options: OpenOptions = {}) => {
  const session = openSession(makeHost({ connection: 'local' }), options)
  await session.hello()
  return session
}

describe.concurrent('a deadline', () => {
  test('ends the whole process group, also what ignores TERM (F25)', async () => {
    const session = await open({ grace: 0.5 })
    const pids = `${dir}/pids`
    const child = `trap "" TERM; echo $BASHPID >> ${pids}; while :; do sleep 1; done`
    const started = performance.now()
    const [first, second] = await session.exec(
      [raw(`( ${child} ) & ( sleep 100; : ) & echo begun; wait`), raw('echo no')],
      {
        timeout: 0.5,
      },
    )
    const seconds = (performance.now() - started) / 1000
    expect(first).toMatchObject({ code: null, timedOut: true, stdout: Buffer.from('begun\n') })
    expect(second).toMatchObject({ code: null, timedOut: false })
    expect(seconds).toBeGreaterThan(1)
    expect(seconds).toBeLessThan(6)
    expect(existsSync(`/proc/${readFileSync(pids, 'utf8').trim()}`)).toBe(false)
    expect((await session.exec([raw('echo next')]))[0]?.stdout.toString()).toBe('next\n')
    await session.close()
  })

  test('is met in good time by what obeys TERM', async () => {
    const session = await open()
    const started = performance.now()
    const [output] = await session.exec([raw('sleep 100')], { timeout: 0.3 })
    expect(output).toMatchObject({ code: null, timedOut: true })
    expect(performance.now() - started).toBeLessThan(4000)
    await session.close()
  })
})

describe.concurrent('the other side', () => {
  const start = async (idle: number) => {
    const streams = startLocal()
    const { stdin } = streams
    const beats = { on: true }
    const cut: Streams = {
      ...streams,
      stdin: Object.create(stdin, { write: { value: (data: string) => beats.on && stdin.write(data) } }),
    }
    const shell = new Shell('me', cut, { idle })
    const answer = await shell.request('__mark 0 0; __mark 1 0', { mode: 'job', timeout: 9, parts: 1, limit: 9 })
    expect(answer[0]?.code).toBe(0)
    return { shell, beats, closed: streams.closed }
  }

  test('stays while there are beats, and ends itself without them', async () => {
    const { beats, closed, shell } = await start(1)
    await sleep(2000)
    expect(shell.lost).toBeUndefined()
    beats.on = false
    const since = performance.now()
    expect(await closed).toBe('bash ended with exit code 0')
    expect(performance.now() - since).toBeLessThan(3000)
  })

  test('finishes a command first', async () => {
    const { beats, closed, shell } = await start(1)
    const script = `__mark 0 0; sleep 2; touch ${dir}/finished; __mark 1 0`
    const answer = shell.request(script, { mode: 'job', timeout: 9, parts: 1, limit: 9 })
    beats.on = false
    expect((await answer)[0]?.code).toBe(0)
    expect(existsSync(`${dir}/finished`)).toBe(true)
    await closed
  })

  test('that is gone is a lost connection for all requests under way', async () => {
    const other = await open()
    const lost = [other.exec([raw('sleep 1; kill -9 $$')]), other.exec([raw('echo never')])]
    for (const answer of await Promise.allSettled(lost))
      expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'LostError' } })
    await expect(other.exec([raw('true')])).rejects.toThrow('web1: the connection was lost (bash ended with SIGKILL')
    expect(await other.hello()).toMatchObject({ name: 'web1' })
    expect((await other.exec([raw('echo again')]))[0]?.stdout.toString()).toBe('again\n')
    await other.close()
  })

  test('is let go also where a daemon holds its output', async () => {
    const other = await open()
    await other.exec([raw('sleep 6 &')])
    const started = performance.now()
    await other.close()
    expect(performance.now() - started).toBeLessThan(4000)
  })

  test('refuses a prelude that is no shell', async () => {
    await expect(open({ prelude: 'f() {' })).rejects.toThrow(/prelude fails: .*syntax error/s)
  })
})
