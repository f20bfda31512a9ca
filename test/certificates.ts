import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** Just enough of DER (X.690) and X.509 (RFC 5280) to make certificates of any age and name, without openssl. */
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const size = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}
const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts)
const oid = (...bytes: readonly number[]) => der(6, Buffer.from(bytes))

const SHA256_RSA = sequence(oid(42, 134, 72, 134, 247, 13, 1, 1, 11), der(5))
const SHA256_EC = sequence(oid(42, 134, 72, 206, 61, 4, 3, 2))
const COMMON_NAME = oid(85, 4, 3)
const ALT_NAME = oid(85, 29, 17)
const AUTHORITY = sequence(oid(85, 29, 19), der(4, sequence(der(1, Buffer.from([255])))))

const named = (name: string) => sequence(der(0x31, sequence(COMMON_NAME, der(12, Buffer.from(name)))))
const time = (date: Date) => der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
const names = (list: readonly string[]) =>
  sequence(ALT_NAME, der(4, sequence(...list.map((name) => der(0x82, Buffer.from(name))))))

const pem = (type: string, bytes: Buffer) =>
  `-----BEGIN ${type}-----\n${bytes
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trim()}\n-----END ${type}-----\n`

/** A key and its public half. */
export interface Keys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export const ecKeys = (namedCurve = 'P-256'): Keys => generateKeyPairSync('ec', { namedCurve })
export const rsaKeys = (modulusLength = 2048): Keys => generateKeyPairSync('rsa', { modulusLength })

/** A key as it stands in a file. */
export const keyPem = ({ privateKey }: Keys): string => String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

export interface CertificateOptions {
  readonly names?: readonly string[]
  readonly from?: Date
  readonly until?: Date
  /** Signed by its own key unless given. */
  readonly by?: { readonly name: string; readonly keys: Keys }
  readonly name?: string
  readonly ca?: boolean
}

/** A certificate (PEM) for these keys. */
export const certificateFor = (keys: Keys, options: CertificateOptions = {}): string => {
  const { name = 'test', by = { name, keys }, from = new Date(0), until = new Date('2100-01-01') } = options
  const algorithm = by.keys.privateKey.asymmetricKeyType === 'rsa' ? SHA256_RSA : SHA256_EC
  const extensions = [...(options.names ? [names(options.names)] : []), ...(options.ca ? [AUTHORITY] : [])]
  const body = sequence(
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, Buffer.from([1])),
    algorithm,
    named(by.name),
    sequence(time(from), time(until)),
    named(name),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  )
  const signature = sign('sha256', body, by.keys.privateKey)
  return pem('CERTIFICATE', sequence(body, algorithm, der(3, Buffer.from([0]), signature)))
}
