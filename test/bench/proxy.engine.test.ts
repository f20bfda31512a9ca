import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { delayingProxy } from '../../bench/proxy.ts'

/** Says everything back. */
const echo = createServer((socket) => socket.pipe(socket))
let port = 0
beforeAll(async () => {
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  port = (echo.address() as AddressInfo).port
})
afterAll(() => echo.close())

/** Says something and waits until all of it has come back. @returns milliseconds */
const said = async (socket: Socket, text: string): Promise<number> => {
  const began = performance.now()
  let heard = ''
  const back = new Promise<void>((resolve) => {
    const listen = (chunk: Buffer) => {
      heard += chunk.toString()
      if (heard.length < text.length) return
      socket.off('data', listen)
      resolve()
    }
    socket.on('data', listen)
  })
  socket.write(text)
  await back
  expect(heard).toBe(text)
  return performance.now() - began
}

describe('a way on which everything takes longer', () => {
  it('costs a round trip more for each exchange, and one for the connection, and keeps order and content', async () => {
    const proxy = await delayingProxy('127.0.0.1', port, 200)
    const socket = connect(proxy.port, '127.0.0.1')
    const first = await said(socket, 'hello')
    const second = await said(socket, 'again')
    expect(first).toBeGreaterThanOrEqual(395)
    expect(second).toBeGreaterThanOrEqual(195)
    expect(second).toBeLessThan(first)
    // What is sent at once takes one round trip, however much it is.
    const many = await said(socket, Array.from({ length: 20_000 }, (_, index) => `${index} `).join(''))
    expect(many).toBeLessThan(2000)
    socket.end()
    await once(socket, 'close')
    proxy.close()
  })

  it('ends when either side does', async () => {
    const proxy = await delayingProxy('127.0.0.1', port, 20)
    const socket = connect(proxy.port, '127.0.0.1')
    await said(socket, 'x')
    socket.end()
    await once(socket, 'close')
    proxy.close()
    const nobody = await delayingProxy('127.0.0.1', 1, 20)
    const other = connect(nobody.port, '127.0.0.1')
    await once(other, 'close')
    nobody.close()
  })
})
