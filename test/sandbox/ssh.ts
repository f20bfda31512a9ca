// The machine's own OpenSSH client, so that tests look at a host by other means than the project's.
import { execFile } from 'node:child_process'
import { hostAddresses } from './address.ts'
import { getHost } from './host.ts'
import { identityFile } from './keys.ts'
import { currentSubnet } from './network.ts'
import { knownHostsFile } from './paths.ts'
import { SandboxError } from './shell.ts'

const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`

/** Arguments for `ssh` that run `command` as root on a host: one word is a shell command, several are an argv, none is a login. */
export const sshArgs = async (name: string, command: readonly string[]): Promise<string[]> => {
  const { index } = await getHost(name)
  const subnet = await currentSubnet()
  if (!subnet) throw new SandboxError(`${name} is off: npm run sandbox -- up ${name}`)
  const options = {
    IdentityFile: identityFile(name),
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: knownHostsFile,
    StrictHostKeyChecking: 'yes',
    ConnectTimeout: '10',
    LogLevel: 'ERROR',
    PasswordAuthentication: 'no',
  }
  const flags = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  const line = command.length > 1 ? [command.map(quote).join(' ')] : command
  return ['-F', 'none', ...flags, `root@${hostAddresses(subnet, index).v4}`, '--', ...line]
}

/** What a command on a host left behind. */
export type Result = { code: number; stdout: string; stderr: string }

/**
 * Runs a shell command as root on a host; a failing command is a result, not an error.
 * @param options.input text for its standard input
 * @param options.timeout milliseconds, default 60 000
 */
export const ssh = async (name: string, command: string, { input = '', timeout = 60_000 } = {}): Promise<Result> => {
  const args = await sshArgs(name, [command])
  return new Promise((resolve) => {
    const child = execFile('ssh', args, { timeout, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 255) : 0
      resolve({ code, stdout, stderr })
    })
    child.stdin?.end(input)
  })
}
