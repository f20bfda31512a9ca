import { Resolver } from 'node:dns/promises'
import { type IncomingMessage, request as http } from 'node:http'
import { request as https } from 'node:https'
import { connect, isIP } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { NotFromHere, type Visit, type World } from '../language/verification.ts'

/** Milliseconds for each question. */
const PATIENCE = 10_000
/** Milliseconds for a port that most likely drops what comes. */
const PORT_PATIENCE = 2_000

/** Names that exist in tests and documents only (RFC 2606, RFC 6761): nobody is asked for them. */
const RESERVED = /(^|\.)(test|example|invalid|localhost|local|internal|example\.(com|net|org))$/i

/** @throws NotFromHere for a name that nobody can have */
const real = (name: string): string => {
  if (RESERVED.test(name)) throw new NotFromHere(`${name} is a name for tests, which exists nowhere`)
  return name
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error
    ? String(error.code)
    : error instanceof Error
      ? error.message
      : String(error)

/** No such name, or none of this kind. */
const NONE = ['ENOTFOUND', 'ENODATA']

/** What the network between here and there says; anything else is about TLS or HTTP. */
const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ETIMEDOUT|EAI_AGAIN|EAI_FAIL|ENOTFOUND|EACCES|EPERM|EPIPE)$/

const fromNetwork = (what: string, error: unknown): Error =>
  NETWORK.test(codeOf(error)) ? new NotFromHere(`${what}: ${codeOf(error)}`) : new Error(`${what}: ${codeOf(error)}`)

const resolver = () => new Resolver({ timeout: 3_000, tries: 2 })

/** One kind of record; nothing where there is none. @throws NotFromHere where nobody answers */
const records = async (name: string, ask: () => Promise<string[]>): Promise<string[]> => {
  try {
    return await ask()
  } catch (error) {
    if (NONE.includes(codeOf(error))) return []
    throw new NotFromHere(`no resolver answers for ${name}: ${codeOf(error)}`)
  }
}

/** That there is no such name counts only from a resolver that knows what is above it: elsewhere nothing has a name. */
const resolve = async (name: string): Promise<readonly string[]> => {
  const dns = resolver()
  const found = await Promise.all([
    records(real(name), () => dns.resolve4(name)),
    records(name, () => dns.resolve6(name)),
  ])
  if (found.flat().length > 0) return found.flat()
  const top = name.slice(name.lastIndexOf('.') + 1)
  if ((await records(top, () => dns.resolveNs(top))).length === 0)
    throw new NotFromHere(`the resolver here does not even know .${top}`)
  return []
}

const HANDSHAKE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dHJ1ZXVwIHZlcmlmaWVzIQ==',
}

const visit: World['visit'] = (url, { upgrade = false } = {}) => {
  const { hostname, protocol } = new URL(url)
  return new Promise((done, fail) => {
    real(hostname)
    const options = {
      headers: { 'User-Agent': 'trueup verify', ...(upgrade && HANDSHAKE) },
      timeout: PATIENCE,
      agent: false as const,
    }
    const request = (protocol === 'https:' ? https : http)(url, options)
    const answered = (response: IncomingMessage, socket: unknown) => {
      const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value ?? '')] as const)
      done({ code: response.statusCode ?? 0, headers: Object.fromEntries(headers), ...secured(socket) })
      request.destroy()
    }
    request.on('response', (response) => answered(response, response.socket))
    request.on('upgrade', (response, socket) => answered(response, socket))
    request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
    request.on('error', (error) => fail(fromNetwork(url, error)))
    request.end()
  })
}

const secured = (socket: unknown): Pick<Visit, 'tls'> => {
  if (!(socket instanceof TLSSocket)) return {}
  const { valid_to: until, issuer } = socket.getPeerCertificate()
  const by = String(issuer?.O ?? issuer?.CN ?? 'nobody known')
  return { tls: { protocol: socket.getProtocol() ?? '', issuer: by, expires: new Date(until) } }
}

/** Whether a socket comes up before time is over. */
const comesUp = (socket: ReturnType<typeof connect>, event: 'connect' | 'secureConnect', ms: number) =>
  new Promise<true | string>((done) => {
    socket.setTimeout(ms, () => done('ETIMEDOUT'))
    socket.once(event, () => done(true))
    socket.once('error', (error) => done(codeOf(error)))
  }).finally(() => socket.destroy())

/** Old versions need the security level 0 on this side, too, or it would be us who refuse. */
const handshake: World['handshake'] = async (name, version) => {
  const options = { host: real(name), port: 443, servername: name, minVersion: version, maxVersion: version }
  const socket = connectTls({ ...options, ciphers: 'DEFAULT@SECLEVEL=0', rejectUnauthorized: false })
  const came = await comesUp(socket, 'secureConnect', PATIENCE)
  if (came !== true && NETWORK.test(came) && came !== 'ECONNRESET') throw new NotFromHere(`${name}: ${came}`)
  return came === true
}

const connects: World['connects'] = async (address, port) =>
  (await comesUp(connect({ host: isIP(address) === 0 ? real(address) : address, port }), 'connect', PORT_PATIENCE)) ===
  true

/** The world as node sees it. */
export const world: World = { resolve, visit, handshake, connects }
