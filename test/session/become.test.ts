import { PassThrough } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Secret } from '../../lib/index.ts'
import { sudo } from '../../lib/session/become.ts'

const MB = Buffer.alloc(1_000_000, 'x')

const heap = (): number => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

/** A host that says whatever it likes before sudo is through. */
const host = () => {
  let close: (reason: string) => void = () => {}
  const closed = new Promise<string>((resolve) => {
    close = resolve
  })
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
  const way = sudo({ name: 'web1', user: 'root', login: 'deploy', password: new Secret('become', 'open sesame') })
  const passed = way.pass({ ...streams, closed, destroy: () => close('destroyed') })
  passed.catch(() => {})
  const flood = async (stream: 'stdout' | 'stderr', chunks: number) => {
    for (let n = 0; n < chunks; n++) await new Promise((resolve) => streams[stream].write(MB, resolve))
  }
  return { ...streams, way, passed, close, flood }
}

test.each(['stdout', 'stderr'] as const)('keeps little of an endless %s', async (stream) => {
  const { flood, close, passed } = host()
  const before = heap()
  await flood(stream, 20)
  expect(heap() - before).toBeLessThan(10e6)
  close('gone')
  const error: unknown = await passed.catch((reason: unknown) => reason)
  expect(String(error).length).toBeLessThan(5000)
}, 30_000)

test('finds its prompt and bash behind much else, however they are cut', async () => {
  const { flood, stdin, stdout, stderr, way, passed } = host()
  const prompt = /-p (\S+)/.exec(way.before)?.[1] ?? ''
  await flood('stderr', 2)
  for (const part of [prompt.slice(0, 9), prompt.slice(9)]) stderr.write(part)
  expect(await new Promise((resolve) => stdin.once('data', (sent) => resolve(String(sent))))).toBe('open sesame\n')
  await flood('stdout', 2)
  for (const part of ['trueup', '-rea', 'dy\n']) stdout.write(part)
  await passed
})
