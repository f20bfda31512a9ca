import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

const DAY = 86_400_000

/** By how much the clocks of two machines may differ. */
const SKEW = 300_000

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/** The certificates of a PEM text, in its order; nothing where one of them cannot be read. */
export const chainOf = (pem: string): readonly X509Certificate[] => {
  try {
    return (pem.match(BLOCK) ?? []).map((block) => new X509Certificate(block))
  } catch {
    return []
  }
}

const keyOf = (pem: string): KeyObject | undefined => {
  try {
    return createPrivateKey({ key: pem, passphrase: '' })
  } catch {
    return undefined
  }
}

/** The DNS names that a certificate is for, in lower case (RFC 5280, 4.2.1.6); Node quotes those that hold a comma. */
export const namesOf = ({ subjectAltName = '' }: X509Certificate): readonly string[] =>
  [...subjectAltName.matchAll(/(?:^|, )([^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)].flatMap(([, kind, name = '']) =>
    kind === 'DNS' ? [name.toLowerCase()] : [],
  )

/** Whether one of these names is this host's; `*` stands for exactly one label, the leftmost (RFC 6125, 6.4.3). */
export const covers = (names: readonly string[], host: string): boolean =>
  names.includes(host) || names.includes(host.replace(/^[^.]+\./, '*.'))

const CURVES = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
])

/** What a key is, such as `RSA 2048` or `EC P-256`. */
export const kindOf = ({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string => {
  if (type === 'rsa') return `RSA ${details?.modulusLength}`
  const curve = details?.namedCurve ?? 'unknown'
  return type === 'ec' ? `EC ${CURVES.get(curve) ?? curve}` : (type ?? 'unknown')
}

const strong = (kind: string): boolean => {
  const [type, size] = kind.split(' ')
  return type === 'RSA' ? Number(size) >= 2048 : kind === 'EC P-256' || kind === 'EC P-384'
}

/** The day of a date, such as `2027-01-31`. */
export const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

/** From when until when a certificate is valid, and the whole days left of that. */
export const validity = ({ validFrom, validTo }: X509Certificate, now: Date) => {
  const [from, until] = [new Date(validFrom), new Date(validTo)]
  return { from, until, days: Math.floor((until.getTime() - now.getTime()) / DAY) }
}

/** What a certificate is to be good for. */
export interface Purpose {
  /** Every host that it must cover. */
  readonly hosts: readonly string[]
  readonly now: Date
}

/**
 * What is wrong with a certificate (PEM, its chain behind it) for a purpose, each flaw as what was found and what is
 * wanted. nginx itself takes expired certificates, and those of other names.
 *
 * @param key - its key (PEM), where we have it
 */
export const flaws = (certificate: string, key: string | undefined, { hosts, now }: Purpose): readonly string[] => {
  const chain = chainOf(certificate)
  const [leaf] = chain
  if (leaf === undefined) return ['the certificate cannot be read: wanted is PEM, “-----BEGIN CERTIFICATE-----” and on']
  const { from, until } = validity(leaf, now)
  const names = namesOf(leaf)
  const missing = hosts.filter((host) => !covers(names, host))
  const kind = kindOf(leaf.publicKey)
  return [
    ...(key === undefined ? [] : mismatch(chain, key)),
    ...(until > now ? [] : [`the certificate expired on ${dayOf(until)}, and today is ${dayOf(now)}: get a new one`]),
    ...(from.getTime() <= now.getTime() + SKEW
      ? []
      : [`the certificate is not valid before ${dayOf(from)}, and today is ${dayOf(now)}`]),
    ...(missing.length === 0
      ? []
      : [`the certificate is for ${names.join(', ') || 'no name at all'}; it must also cover ${missing.join(', ')}`]),
    ...(strong(kind) ? [] : [`the certificate's key is ${kind}; wanted is RSA 2048 or more, EC P-256 or EC P-384`]),
  ]
}

/** What is wrong with the certificates of authorities (PEM) whose word is to be taken. */
export const authorityFlaws = (certificates: string, now: Date): readonly string[] => {
  const all = chainOf(certificates)
  if (all.length === 0) return ['it cannot be read: wanted is PEM, “-----BEGIN CERTIFICATE-----” and on']
  return all.flatMap((one) => {
    const { until } = validity(one, now)
    const name = one.subject.replaceAll('\n', ', ')
    return [
      ...(one.ca ? [] : [`${name} is no authority: wanted is one with CA:TRUE`]),
      ...(until > now ? [] : [`${name} expired on ${dayOf(until)}, and today is ${dayOf(now)}`]),
    ]
  })
}

const mismatch = (chain: readonly X509Certificate[], pem: string): readonly string[] => {
  const key = keyOf(pem)
  if (key === undefined)
    return ['the key cannot be read: wanted is PEM without a passphrase, “-----BEGIN PRIVATE KEY-----” and on']
  const owner = chain.findIndex((one) => one.checkPrivateKey(key))
  if (owner === 0) return []
  return owner > 0
    ? [`the key is that of certificate ${owner + 1} of the chain: the certificate of this server must be the first`]
    : ["the key is another certificate's: wanted is the one that the certificate was requested with"]
}
