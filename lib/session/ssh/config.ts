import { execFile } from 'node:child_process'
import { homedir, userInfo } from 'node:os'
import * as z from 'zod'
import type { Keepalive } from './connect.ts'
import { Refusal } from './refusal.ts'

const list = (value: string): string[] => value.split(' ').filter(Boolean)
const word = z.string().min(1)
const files = z.array(z.string()).transform((lines) => lines.flatMap(list).map(expandHome))
const last = z.array(z.string()).transform((values) => values.at(-1))
const unlessNone = last.transform((value) => (value === 'none' ? undefined : value))

/** `ssh -G` prints one `keyword value` a line, keywords in lower case, some of them several times (ssh_config(5)). */
const Printed = z
  .object({
    hostname: last.pipe(word),
    user: last.pipe(word),
    port: last.transform(Number).pipe(z.number().int().min(1).max(65_535)),
    identityfile: z.array(z.string().transform(expandHome)).default([]),
    identityagent: unlessNone.optional(),
    proxyjump: unlessNone.optional(),
    proxycommand: unlessNone.optional(),
    hostkeyalias: last.optional(),
    hashknownhosts: last.transform((value) => value === 'yes').default(false),
    userknownhostsfile: files.default([]),
    globalknownhostsfile: files.default([]),
  })
  .transform((printed) => ({
    address: printed.hostname,
    port: printed.port,
    user: printed.user,
    identityFiles: printed.identityfile,
    identityAgent: printed.identityagent,
    proxyJump: printed.proxyjump,
    proxyCommand: printed.proxycommand,
    hostKeyAlias: printed.hostkeyalias,
    hashKnownHosts: printed.hashknownhosts,
    userKnownHosts: printed.userknownhostsfile,
    globalKnownHosts: printed.globalknownhostsfile,
  }))

/** What OpenSSH's configuration says of a host. */
export type SshConfig = z.output<typeof Printed>

/** `~/x` as a path of the person who runs this. */
export function expandHome(path: string): string {
  return path.startsWith('~/') ? `${homedir()}${path.slice(1)}` : path
}

/** @throws z.ZodError where the text is not what `ssh -G` prints */
export const parseSshConfig = (text: string): SshConfig => {
  const lines: Record<string, string[]> = {}
  for (const line of text.split('\n')) {
    const [key = '', ...rest] = line.trim().split(' ')
    if (key !== '') (lines[key] ??= []).push(rest.join(' '))
  }
  return Printed.parse(lines)
}

/** What holds where there is no ssh program to ask: OpenSSH's own defaults. */
export const defaultSshConfig = (address: string, user: string, port: number): SshConfig => ({
  address,
  port,
  user,
  identityFiles: ['id_rsa', 'id_ecdsa', 'id_ed25519'].map((name) => expandHome(`~/.ssh/${name}`)),
  identityAgent: undefined,
  proxyJump: undefined,
  proxyCommand: undefined,
  hostKeyAlias: undefined,
  hashKnownHosts: false,
  userKnownHosts: [expandHome('~/.ssh/known_hosts')],
  globalKnownHosts: ['/etc/ssh/ssh_known_hosts'],
})

export interface Asked {
  readonly address: string
  /** The inventory's; where it gives none, the configuration's holds. */
  readonly user?: string | undefined
  readonly port?: number | undefined
}

/**
 * What of this program's environment OpenSSH, and whatever its configuration has it run (Match exec), may see: who one is
 * and how to ask. Secrets in other variables are none of their business.
 */
const SEEN = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TERM|TMPDIR|DISPLAY|XDG_\w+|SSH_\w+|KRB5\w+)$/

const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => SEEN.test(name)))

/** How ssh is spoken, beside what the inventory says. */
export interface SshSettings {
  /** Instead of ~/.ssh/config and /etc/ssh/ssh_config (`ssh -F`). */
  readonly file?: string | undefined
  /** Told what a person should know: no OpenSSH to ask here, no sftp there. */
  readonly onWarning?: ((message: string) => void) | undefined
  /** When a peer counts as dead; 3 × 10 s unless given. */
  readonly keepalive?: Keepalive | undefined
}

/** What a run of `ssh -G` came to; no code where there is no such program. */
interface Answer {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

const ask = (args: readonly string[]): Promise<Answer> =>
  new Promise((resolve) => {
    execFile('ssh', args, { env: environment(), timeout: 10_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code === 'ENOENT' ? undefined : 1
      resolve({ code, stdout, stderr: stderr || (error?.message ?? '') })
    })
  })

const argsFor = ({ address, user, port }: Asked, { file }: SshSettings): string[] => [
  '-G',
  ...(file === undefined ? [] : ['-F', file]),
  ...(user === undefined ? [] : ['-l', user]),
  ...(port === undefined ? [] : ['-p', String(port)]),
  '--',
  address,
]

/** Answers that are on their way before anybody needs them, each for one use. */
const ahead = new Map<string, Promise<Answer>>()

/** Asks what {@link sshConfig} is going to ask: OpenSSH takes its time, in which something else can be done. */
export const askAhead = (asked: Asked, settings: SshSettings = {}): void => {
  const args = argsFor(asked, settings)
  ahead.set(args.join('\0'), ask(args))
}

/**
 * Asks OpenSSH itself what its configuration says, as nobody else reads Match and Include as it does.
 *
 * @throws Refusal where OpenSSH does not accept its configuration
 */
export const sshConfig = async (asked: Asked, settings: SshSettings): Promise<SshConfig> => {
  const args = argsFor(asked, settings)
  const answer = ahead.get(args.join('\0'))
  ahead.delete(args.join('\0'))
  const { code, stdout, stderr } = await (answer ?? ask(args))
  const { address, user, port } = asked
  if (code === 0) return parseSshConfig(stdout)
  if (code !== undefined) throw new Refusal('final', `${address}: ssh_config cannot be read: ${stderr.trim()}`)
  settings.onWarning?.('there is no ssh program here: ~/.ssh/config is not read')
  return defaultSshConfig(address, user ?? userInfo().username, port ?? 22)
}
