import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a host on which everything takes a while longer. */
export interface Proxy {
  readonly port: number
  close(): void
}

/**
 * Listens on this machine and passes everything on to a host, half the added round-trip time later: the same for every
 * tool. (A kernel without netem cannot do it.) Setting up a connection costs one round trip as well, as it does in TCP.
 *
 * @param rtt - milliseconds to add to each round trip
 */
export const delayingProxy = async (address: string, port: number, rtt: number): Promise<Proxy> => {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true }, (near) => {
    const far = connect({ host: address, port, noDelay: true, allowHalfOpen: true })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.once('close', () => sockets.delete(socket))
    }
    // The handshake of TCP has been answered by this machine, at once: what would have taken a round trip does so here.
    setTimeout(() => {
      pass(near, far, rtt / 2)
      pass(far, near, rtt / 2)
    }, rtt)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { port: (server.address() as AddressInfo).port, close }
}

/** Timers of one length end in the order in which they began, so that nothing overtakes. */
const pass = (from: Socket, to: Socket, ms: number): void => {
  const later = (work: () => void) => (ms === 0 ? work() : void setTimeout(work, ms))
  from.on('data', (chunk) => later(() => void (to.writable && to.write(chunk))))
  from.once('end', () => later(() => to.end()))
  from.once('close', () => later(() => to.destroySoon()))
  from.resume()
}
