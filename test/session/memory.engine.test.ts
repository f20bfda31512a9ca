import { expect, test } from 'vitest'
import { raw } from '../../lib/index.ts'
import { openSession } from '../../lib/session/open.ts'
import { makeHost } from './hosts.ts'

test('memory stays bounded with a gigabyte on one line, of which both ends are kept (F19)', async () => {
  const session = openSession(makeHost({ connection: 'local' }))
  await session.hello()
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 20)
  const started = performance.now()
  const [output] = await session.exec([raw('printf begin; head -c 1G /dev/zero; printf end')], { limit: 100_000 })
  const seconds = (performance.now() - started) / 1000
  clearInterval(watch)
  await session.close()
  console.log(`1 GB of output: ${seconds.toFixed(1)} s, ${Math.round((most - before) / 1e6)} MB more memory`)
  const stdout = output?.stdout ?? Buffer.alloc(0)
  expect(output).toMatchObject({ code: 0, truncated: true })
  expect(stdout.length).toBe(100_000)
  expect([stdout.subarray(0, 5), stdout.subarray(-3)].join()).toBe('begin,end')
  expect(most - before).toBeLessThan(64e6)
}, 60_000)
