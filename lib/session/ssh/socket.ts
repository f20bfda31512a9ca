import { connect as dial, type Socket } from 'node:net'
import { Refusal } from './refusal.ts'
import { describe, type Target } from './target.ts'

/** `web1 (root@192.0.2.1:22)`, for messages. */
export const where = (target: Target): string => `${target.name} (${describe(target)})`

/** Opens the TCP connection. Without noDelay every small exchange waits for a delayed acknowledgement (40 ms). */
export const openSocket = (target: Target): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { address: host, port, timeout } = target
    const socket = dial({ host, port, noDelay: true })
    const late = setTimeout(() => {
      socket.destroy()
      const advice = 'is it up, is the address right, does a firewall drop the port?'
      reject(new Refusal('passing', `${where(target)}: no answer within ${timeout} s; ${advice}`))
    }, timeout * 1000)
    socket.once('connect', () => {
      clearTimeout(late)
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(late)
      reject(socketRefusal(target, error))
    })
  })

const socketRefusal = (target: Target, error: NodeJS.ErrnoException): Refusal => {
  if (error.code === 'ECONNREFUSED')
    return new Refusal('closed', `${where(target)}: connection refused; does sshd listen on port ${target.port}?`, {
      cause: error,
    })
  if (error.code === 'ENOTFOUND')
    return new Refusal('final', `${target.name}: there is no host by the name ${target.address}`, { cause: error })
  return new Refusal('passing', `${where(target)}: ${error.message}`, { cause: error })
}
