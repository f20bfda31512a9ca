import { isIP } from 'node:net'
import * as z from 'zod'
import { Secret } from '../lib/language/secret.ts'

const fits = (test: (text: string) => boolean, error: string) => z.string({ error }).refine(test, { error })
const like = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error })

const label = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

/** A name that DNS could know; one that ends in a number is a mistyped address (`10.1`, `256.1.1.1`). */
const isHostname = (text: string): boolean => {
  const labels = text.split('.')
  return text.length <= 253 && labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

const isAddress = (text: string): boolean => isIP(text) !== 0 || isHostname(text)

/** Of a host or a group. */
export const Name = like(
  /^[A-Za-z0-9._][A-Za-z0-9._-]*$/,
  'a name is letters, digits, . _ and -, and does not begin with -',
)

export const Address = fits(
  isAddress,
  'an address is an IPv4 or IPv6 address or a host name, without user, brackets or port',
)

const port = { error: 'a port is a whole number from 1 to 65535' }
export const Port = z.int(port).min(1, port).max(65535, port)

export const User = like(
  /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/,
  'a user name is letters, digits, _ . and -, begins with a letter or _, and has at most 32 characters',
)

const isJump = (text: string): boolean => {
  const parts = /^(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d{1,5}))?$/.exec(text)
  if (!parts) return false
  const [, user = 'root', six, name = '', port = '22'] = parts
  const there = six === undefined ? isAddress(name) : isIP(six) === 6
  return there && User.safeParse(user).success && Port.safeParse(Number(port)).success
}

export const Jump = fits(isJump, 'a jump host is [user@]host[:port], an IPv6 address in brackets')

export const HostKey = like(
  /^SHA256:[A-Za-z0-9+/]{43}$/,
  'a host key is SHA256: and 43 characters, as ssh-keygen -lf shows it',
)

export const KeyFile = fits(
  (path) => path !== '' && !/^~[^/]/.test(path),
  "a key file is ~/…, an absolute path, or one relative to the inventory's folder",
)

/** For editors a secret is text: the tag in front of it is YAML's business. */
export const Passphrase = z
  .instanceof(Secret, { error: 'a passphrase is !secret NAME, never plain text' })
  .meta({ type: 'string' })

const seconds = { error: 'a timeout is a number of seconds, more than 0 and at most 600' }
export const Timeout = z.number(seconds).positive(seconds).max(600, seconds)

export const Domain = fits(isHostname, 'a domain is a host name such as moja-dzialka.pl')

export const Project = like(
  /^[a-z0-9][a-z0-9_-]*$/,
  'a project is lower-case letters, digits, _ and -, and begins with a letter or digit',
)

/** A path that has one spelling only. */
export const Folder = fits(
  (path) => /^(\/[^/\0-\x1f\x7f]+)+$/.test(path) && !/\/\.\.?(\/|$)/.test(path),
  'a folder is an absolute path without . or .. and without / at its end',
)
