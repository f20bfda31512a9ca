import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import ssh2, { type Connection, type ParsedKey } from 'ssh2'
import { serveSftp, type SftpFaults } from './sftp-server.ts'

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa'

export interface KeyPair {
  readonly private: string
  readonly public: string
  readonly blob: Buffer
}

/** The blob of a public key line, as known_hosts has it in base64. */
const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64')

/**
 * A new key pair, as OpenSSH would write it. ssh2 takes a zero byte off the front of an ed25519 key, so that one pair in
 * 256 can be read by nobody: another is made then.
 */
export const newKey = (type: KeyType = 'ed25519', passphrase?: string): KeyPair => {
  const lock = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-cbc', rounds: 1 }
  const bits = { ed25519: {}, ecdsa: { bits: 256 }, rsa: { bits: 2048 } }[type]
  const pair = ssh2.utils.generateKeyPairSync(type, { ...bits, ...lock } as never)
  if (ssh2.utils.parseKey(pair.private, passphrase) instanceof Error) return newKey(type, passphrase)
  return { private: pair.private, public: pair.public, blob: blobOf(pair.public) }
}

export interface SshdOptions {
  readonly hostKeys?: readonly string[]
  /** Public keys that are let in; everyone without. */
  readonly authorized?: readonly string[]
  readonly users?: readonly string[]
  /** Set for the commands. */
  readonly env?: Readonly<Record<string, string>>
  /** The login shell; /bin/sh unless given. */
  readonly shell?: string
  /** Whether there is an sftp subsystem, and what goes wrong with it. */
  readonly sftp?: SftpFaults | undefined
}

/** A little sshd in this process: runs commands with a shell, forwards connections, and counts. */
export const startSshd = async (options: SshdOptions = {}) => {
  const { hostKeys, authorized, users, env = {}, shell = '/bin/sh', sftp } = options
  const counts = { connections: 0, most: 0, authentications: 0, channels: 0, sftps: 0 }
  const clients = new Set<Connection>()
  const letIn = (user: string, key: ParsedKey) =>
    (users === undefined || users.includes(user)) &&
    (authorized === undefined || authorized.some((line) => blobOf(line).equals(key.getPublicSSH())))
  const server = new ssh2.Server({ hostKeys: [...(hostKeys ?? [newKey().private])] }, (client) => {
    counts.connections += 1
    clients.add(client)
    counts.most = Math.max(counts.most, clients.size)
    client.on('error', () => {})
    client.on('close', () => clients.delete(client))
    client.on('authentication', (context) => {
      counts.authentications += 1
      if (context.method !== 'publickey') return context.reject(['publickey'])
      const key = ssh2.utils.parseKey(`${context.key.algo} ${context.key.data.toString('base64')}`)
      if (key instanceof Error || Array.isArray(key) || !letIn(context.username, key))
        return context.reject(['publickey'])
      const { signature, blob, hashAlgo } = context
      if (signature === undefined || blob === undefined) return context.accept()
      return key.verify(blob, signature, hashAlgo) ? context.accept() : context.reject()
    })
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const socket = connect(destPort, destIP)
      socket.once('error', reject)
      socket.once('connect', () => {
        const channel = accept()
        socket.off('error', reject).on('error', () => channel.destroy())
        channel.on('error', () => socket.destroy())
        channel.pipe(socket).pipe(channel)
      })
    })
    client.on('session', (accept) => {
      const session = accept()
      if (sftp !== undefined)
        session.on('sftp', (acceptSftp) => {
          counts.sftps += 1
          serveSftp(acceptSftp(), sftp)
        })
      session.on('exec', (acceptExec, _reject, { command }) => {
        counts.channels += 1
        const channel = acceptExec()
        const SSH_CONNECTION = '192.0.2.7 50000 192.0.2.1 22'
        const child = spawn(shell, ['-c', command], { env: { PATH: process.env['PATH'], SSH_CONNECTION, ...env } })
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {})
        channel.pipe(child.stdin)
        child.stdout.pipe(channel, { end: false })
        child.stderr.pipe(channel.stderr, { end: false })
        child.on('close', (code, signal) => {
          if (code === null) channel.exit(signal ?? 'KILL')
          else channel.exit(code)
          channel.end()
        })
        // As sshd does: the pipes are closed and the command is left alone.
        client.on('close', () => {
          for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
        })
      })
    })
  })
  // Without noDelay every answer of more than one packet waits for a delayed acknowledgement.
  const listener = createServer({ noDelay: true }, (socket) => server.injectSocket(socket))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  return {
    port,
    counts,
    /** Cuts all connections. */
    cut: () => {
      for (const client of clients) client.end()
    },
    stop: () => {
      for (const client of clients) client.end()
      listener.close()
    },
  }
}
