import ipaddr from 'ipaddr.js'

export type IpVersion = 4 | 6

/** An address or range in the form that ufw stores, and whose it is. */
export interface Address {
  readonly text: string
  readonly version: IpVersion
}

const parseAddress = (text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined => {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  if (!/^[0-9a-fA-F:]+$/.test(text) || !ipaddr.IPv6.isValid(text)) return undefined
  return ipaddr.IPv6.parse(text)
}

/** ::a.b.c.d and ::ffff:a.b.c.d, which ufw and the kernel spell in several ways. */
const isEmbedded = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  address instanceof ipaddr.IPv6 &&
  address.parts.slice(0, 5).every((part) => part === 0) &&
  (address.parts[6] !== 0 || address.parts[5] !== 0)

/**
 * An address (`10.0.0.1`, `2001:db8::1`) or a range (`10.0.0.0/8`) as ufw's util.normalize_address() writes it.
 *
 * @throws TypeError when it is neither; shorthands such as `10.1`, zones and embedded IPv4 addresses are refused, and
 *   so is a range that does not begin at its first address
 */
export const address = (given: string): Address => {
  const [host = '', length, ...more] = given.split('/')
  const parsed = parseAddress(host)
  if (parsed === undefined || more.length > 0 || isEmbedded(parsed))
    throw new TypeError(`not an IP address or range: ${JSON.stringify(given)}`)
  const version = parsed instanceof ipaddr.IPv4 ? 4 : 6
  const bits = version === 4 ? 32 : 128
  const text = parsed instanceof ipaddr.IPv4 ? parsed.toString() : parsed.toRFC5952String()
  if (length === undefined || length === String(bits)) return { text, version }
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length) || Number(length) > bits)
    throw new TypeError(`not an IP address or range: ${JSON.stringify(given)}`)
  const first = (version === 4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(`${host}/${length}`)
  const network = first instanceof ipaddr.IPv4 ? first.toString() : first.toRFC5952String()
  if (network !== text) throw new TypeError(`${given} does not begin at its first address: ${network}/${length} does`)
  return { text: `${text}/${length}`, version }
}

/** Whether a range (or an address) holds an address. */
export const holds = (range: string, one: string): boolean => {
  const [network = '', length] = range.split('/')
  const [outer, inner] = [parseAddress(network), parseAddress(one)]
  if (outer instanceof ipaddr.IPv4 && inner instanceof ipaddr.IPv4)
    return inner.match(outer, length === undefined ? 32 : Number(length))
  if (outer instanceof ipaddr.IPv6 && inner instanceof ipaddr.IPv6)
    return inner.match(outer, length === undefined ? 128 : Number(length))
  return false
}

/** What ufw writes for “anywhere”. */
export const ANYWHERE: Readonly<Record<IpVersion, string>> = { 4: '0.0.0.0/0', 6: '::/0' }
