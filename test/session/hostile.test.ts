import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Shell } from '../../lib/session/shell.ts'

const MB = Buffer.alloc(1_000_000, 'x')

/** A host that answers whatever it likes, with the nonce that it was told. */
const host = async () => {
  let close: (reason: string) => void = () => {}
  const closed = new Promise<string>((resolve) => {
    close = resolve
  })
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
  const sent = new Promise<string>((resolve) => streams.stdin.once('data', (data) => resolve(String(data))))
  const shell = new Shell('web1', { ...streams, closed, destroy: () => close('destroyed') })
  streams.stdin.resume()
  const nonce = /:[0-9a-f]{32}/.exec(await sent)?.[0] ?? ''
  const say = (stream: 'stdout' | 'stderr', bytes: string | Buffer) =>
    new Promise((resolve) => streams[stream].write(bytes, resolve))
  return { shell, nonce, say, close }
}

const used = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

test.each([
  'stdout',
  'stderr',
] as const)('a gigabyte of %s without a line end or a mark is not kept', async (stream) => {
  const { shell, nonce, say, close } = await host()
  const answer = shell.request('', { mode: 'job', timeout: 60, parts: 1, limit: 100_000 })
  answer.catch(() => {})
  const before = used()
  let most = 0
  for (let n = 0; n < 1000; n += 1) {
    await say(stream, MB)
    // Every now and then the beginning of what could be a mark.
    if (n % 100 === 0) await say(stream, `${nonce} 1 1 `)
    most = Math.max(most, used() - before)
  }
  close('gone')
  const error: unknown = await answer.catch((reason: unknown) => reason)
  expect(String(error).length).toBeLessThan(5000)
  expect(most).toBeLessThan(100e6)
}, 60_000)

test('many outputs, each within its limit, are bounded together, and say that they are not whole', async () => {
  const { shell, nonce, say } = await host()
  const parts = 40
  const answer = shell.request('', { mode: 'job', timeout: 60, parts, limit: 16e6 })
  const before = used()
  let most = 0
  for (let part = 0; part < parts; part += 1) {
    for (const stream of ['stdout', 'stderr'] as const) await say(stream, `${nonce} 1 ${part} 0\n`)
    for (let n = 0; n < 15; n += 1) await say('stdout', MB)
    most = Math.max(most, used() - before)
  }
  for (const stream of ['stdout', 'stderr'] as const) await say(stream, `${nonce} 1 ${parts} 0\n${nonce} 1 - done\n`)
  const outputs = await answer
  expect(outputs.map(({ truncated }) => truncated)).toEqual(outputs.map((_, index) => index >= 4))
  expect(outputs[0]?.stdout.length).toBe(15e6)
  expect(most).toBeLessThan(250e6)
}, 60_000)
