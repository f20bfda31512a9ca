import { createServer, type Server } from 'node:http'
import { createServer as createTcp } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { world } from '../../lib/api/world.ts'
import { NotFromHere } from '../../lib/index.ts'

let server: Server
let port = 0

beforeAll(async () => {
  server = createServer((_, response) => response.writeHead(301, { Location: 'https://x/' }).end())
  server.on('upgrade', (_, socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => void server.close())

it('tells what it was answered, and follows nothing', async () => {
  const visit = await world.visit(`http://127.0.0.1:${port}/`)
  expect(visit).toMatchObject({ code: 301, headers: { location: 'https://x/' } })
  expect(visit).not.toHaveProperty('tls')
})

it('goes on as a WebSocket where it may', async () => {
  expect(await world.visit(`http://127.0.0.1:${port}/`, { upgrade: true })).toMatchObject({ code: 101 })
})

it('tells an open port from a closed one', async () => {
  expect(await world.connects('127.0.0.1', port)).toBe(true)
  const other = createTcp()
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
  const address = other.address()
  await new Promise<void>((done) => void other.close(() => done()))
  expect(await world.connects('127.0.0.1', typeof address === 'object' && address !== null ? address.port : 0)).toBe(
    false,
  )
})

it('is not blamed for what does not answer', async () => {
  await expect(world.visit('http://127.0.0.1:1/')).rejects.toThrow(NotFromHere)
})

it('asks nobody for names that exist in tests only', async () => {
  for (const name of ['moja-dzialka.test', 'www.example.org', 'localhost']) {
    await expect(world.resolve(name)).rejects.toThrow(`${name} is a name for tests, which exists nowhere`)
    await expect(world.visit(`https://${name}/`)).rejects.toThrow(NotFromHere)
    await expect(world.handshake(name, 'TLSv1.2')).rejects.toThrow(NotFromHere)
    await expect(world.connects(name, 22)).rejects.toThrow(NotFromHere)
  }
})
