import { isIP } from 'node:net'
import * as z from 'zod'
import { Secret } from '../lib/language/secret.ts'

const label = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

/** A name that DNS could know; one that ends in a number is a mistyped address (`10.1`, `256.1.1.1`). */
const isHostname = (text: string): boolean => {
  const labels = text.split('.')
  return text.length <= 253 && labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

const isAddress = (text: string): boolean => isIP(text) !== 0 || isHostname(text)

const text = (test: (text: string) => boolean, error: string) => z.string({ error }).refine(test, { error })
const like = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error })

const Name = like(/^[A-Za-z0-9._][A-Za-z0-9._-]*$/, 'a name is letters, digits, . _ and -, and does not begin with -')

const port = { error: 'a port is a whole number from 1 to 65535' }
const Port = z.int(port).min(1, port).max(65535, port)

const User = like(
  /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/,
  'a user name is letters, digits, _ . and -, begins with a letter or _, and has at most 32 characters',
)

const keyFile = "a key file is ~/…, an absolute path, or one relative to the inventory's folder"
const seconds = { error: 'a timeout is a number of seconds, more than 0 and at most 600' }

const address = 'an address is an IPv4 or IPv6 address or a host name, without user, brackets or port'

/** `[user@]host[:port]`, an IPv6 host in brackets. */
const isJump = (jump: string): boolean => {
  const parts = /^(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d{1,5}))?$/.exec(jump)
  if (!parts) return false
  const [, user, six, name, port] = parts
  const there = six === undefined ? isAddress(name ?? '') : isIP(six) === 6
  return (
    there &&
    (user === undefined || User.safeParse(user).success) &&
    (port === undefined || Port.safeParse(+port).success)
  )
}

const isCanonical = (path: string): boolean => /^(\/[^/\0-\x1f\x7f]+)+$/.test(path) && !/\/\.\.?(\/|$)/.test(path)

/** What roles share; may be given in parts, at the top and per host. */
export const SitePart = z
  .strictObject({
    domain: text(isHostname, 'a domain is a host name such as moja-dzialka.pl').describe(
      'The domain of the site, such as moja-dzialka.pl',
    ),
    project: like(
      /^[a-z0-9][a-z0-9_-]*$/,
      'a project is lower-case letters, digits, _ and -, and begins with a letter or digit',
    ).describe('The name of the Compose project, of the Docker network and of what belongs to them'),
    dir: text(isCanonical, 'a folder is an absolute path without . or .. and without / at its end').describe(
      'The folder of the project on the host, such as /root/moja-dzialka',
    ),
  })
  .partial()
  .describe('What the roles share')

/** Variables by role. What a role takes is the role's business. */
export const Vars = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .describe("Variables by role; a host's own beat its groups', and groups' beat those at the top")

/** A host as it is written in the inventory. */
export const HostEntry = z
  .strictObject({
    address: text(isAddress, address).describe('IPv4 address, IPv6 address or host name').optional(),
    port: Port.default(22).describe('The port that sshd shall listen on'),
    user: User.default('root').describe('The user to log in as'),
    first: z
      .strictObject({
        port: Port.optional().describe('Port of the first login'),
        user: User.optional().describe('User of the first login'),
      })
      .refine(({ port, user }) => port !== undefined || user !== undefined, { error: 'give a port, a user, or both' })
      .describe('Tried when port and user refuse, and only then: a bare host before its sshd is moved')
      .optional(),
    identityFile: text((path) => path !== '' && !/^~[^/]/.test(path), keyFile)
      .describe("A private key: ~/…, an absolute path, or one relative to the inventory's folder")
      .optional(),
    passphrase: z
      .instanceof(Secret, { error: 'a passphrase is !secret NAME, never plain text' })
      .meta({ type: 'string', description: 'The passphrase of the key: !secret NAME' })
      .optional(),
    proxyJump: text(isJump, 'a jump host is [user@]host[:port], an IPv6 address in brackets')
      .describe('[user@]host[:port] to connect through')
      .optional(),
    hostKey: like(/^SHA256:[A-Za-z0-9+/]{43}$/, 'a host key is SHA256: and 43 characters, as ssh-keygen -lf shows it')
      .describe('SHA256:… of the only host key that is accepted')
      .optional(),
    connection: z.enum(['ssh', 'local']).default('ssh').describe('local: this machine, without ssh'),
    become: z
      .union([z.boolean(), z.strictObject({ user: User.default('root').describe('The user to become') })])
      .default(false)
      .describe('Become root, or another user, with sudo'),
    connectTimeout: z
      .number(seconds)
      .positive(seconds)
      .max(600, seconds)
      .default(10)
      .describe('Seconds to wait for a connection'),
    groups: z
      .array(Name)
      .default([])
      .describe('Groups whose vars apply, later ones over earlier ones; they need no declaration'),
    vars: Vars.default({}),
    site: SitePart.default({}),
  })
  .describe('A host')

/** A group as it is written in the inventory. */
export const GroupEntry = z
  .strictObject({ vars: Vars.default({}) })
  .describe('Variables of the hosts that name this group')

/** The whole file. */
export const InventoryFile = z
  .strictObject({
    site: SitePart.default({}),
    hosts: z.record(Name, HostEntry).describe('The hosts, in the order in which they are listed'),
    groups: z.record(Name, GroupEntry).default({}).describe('Groups of hosts'),
    vars: Vars.default({}),
  })
  .describe('An inventory')
