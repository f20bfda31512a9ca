import * as z from 'zod'
import {
  Address,
  Domain,
  Folder,
  HostKey,
  Jump,
  KeyFile,
  Name,
  Passphrase,
  Port,
  Project,
  Timeout,
  User,
} from './fields.ts'

/** What roles share; may be given in parts, at the top and per host. */
export const SitePart = z
  .strictObject({
    domain: Domain.describe('The domain of the site, such as moja-dzialka.pl'),
    project: Project.describe('The name of the Compose project, of the Docker network and of what belongs to them'),
    dir: Folder.describe('The folder of the project on the host, such as /root/moja-dzialka'),
  })
  .partial()
  .describe('What the roles share')

/** Variables by role. What a role takes is the role's business. */
export const Vars = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .describe("Variables by role; a host's own beat its groups', and groups' beat those at the top")

const First = z
  .strictObject({
    port: Port.optional().describe('Port of the first login'),
    user: User.optional().describe('User of the first login'),
  })
  .refine(({ port, user }) => port !== undefined || user !== undefined, { error: 'give a port, a user, or both' })

const Become = z.union([z.boolean(), z.strictObject({ user: User.default('root').describe('The user to become') })])

/** A host as it is written in the inventory. */
export const HostEntry = z
  .strictObject({
    address: Address.optional().describe('IPv4 address, IPv6 address or host name; only a local connection needs none'),
    address6: Address.optional().describe(
      'A second address, IPv6 beside IPv4 or the other way round, by which one must be able to get in as well: proved wherever a change could shut us out',
    ),
    port: Port.default(22).describe('The port that sshd shall listen on'),
    user: User.default('root').describe('The user to log in as'),
    first: First.optional().describe(
      'Tried when port and user refuse, and only then: a bare host before its sshd is moved',
    ),
    identityFile: KeyFile.optional().describe(
      "A private key: ~/…, an absolute path, or one relative to the inventory's folder",
    ),
    passphrase: Passphrase.optional().describe('The passphrase of the key: !secret NAME'),
    proxyJump: Jump.optional().describe('[user@]host[:port] to connect through'),
    hostKey: HostKey.optional().describe('SHA256:… of the only host key that is accepted'),
    connection: z.enum(['ssh', 'local']).default('ssh').describe('local: this machine, without ssh'),
    become: Become.default(false).describe('Become root, or another user, with sudo'),
    connectTimeout: Timeout.default(10).describe('Seconds to wait for a connection'),
    groups: z
      .array(Name)
      .default([])
      .describe('Groups whose vars apply, later ones over earlier ones; they need no declaration'),
    vars: Vars.default({}),
    site: SitePart.default({}),
  })
  .describe('A host')

/** A group as it is written in the inventory. */
const GroupEntry = z.strictObject({ vars: Vars.default({}) }).describe('Variables of the hosts that name this group')

/** The whole file. */
export const InventoryFile = z
  .strictObject({
    site: SitePart.default({}),
    hosts: z.record(Name, HostEntry).describe('The hosts, in the order in which they are listed'),
    groups: z.record(Name, GroupEntry).default({}).describe('Groups of hosts'),
    vars: Vars.default({}),
  })
  .describe('An inventory')
