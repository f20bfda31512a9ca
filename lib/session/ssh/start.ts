import type { ClientChannel } from 'ssh2'
import type { Host } from '../../../inventory/host.ts'
import type { SshSettings } from './config.ts'
import { bootCommand } from '../loop.ts'
import type { Streams } from '../shell.ts'
import { type Reached, reach } from './reach.ts'
import { Refusal } from './refusal.ts'
import { Sftp } from './sftp.ts'
import { route } from './target.ts'

const openChannel = ({ client, target, end }: Reached, command: string): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (!error) return resolve(channel)
      end()
      reject(
        new Refusal('final', `${target.name}: sshd does not run commands for us: ${error.message}`, { cause: error }),
      )
    })
  })

/** Why a channel ended. An exit code of null, as with a lost connection, is never taken for success. */
const closing = (channel: ClientChannel, { client }: Reached): Promise<string> =>
  new Promise((resolve) => {
    let reason = 'the connection broke'
    client.once('error', (error) => {
      reason = error.message
    })
    channel.once('exit', (code: number | null, signal?: string) => {
      reason = `bash ended with ${code === null ? `signal ${signal ?? 'unknown'}` : `exit code ${code}`}`
    })
    channel.once('close', () => resolve(reason))
    client.once('close', () => resolve(reason))
  })

/**
 * Logs in to a host and starts the loop there, in one channel that stays.
 *
 * @param before - by the user who got in: what runs the loop, such as a sudo with its options
 * @throws Refusal
 */
export const startSsh = async (
  host: Host,
  before: (login: string) => string,
  settings: SshSettings = {},
): Promise<Streams> => {
  const way = await route(host, settings)
  const reached = await reach(way)
  const prefix = before(reached.target.user)
  const channel = await openChannel(reached, bootCommand(prefix))
  const sftp = new Sftp(reached.client, (message) => settings.onWarning?.(`${host.name}: ${message}`))
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    closed: closing(channel, reached),
    destroy: reached.end,
    first: reached.target !== way.logins[0],
    // Files are to belong to who commands run as, which is whoever logged in only where nothing is in between.
    create: prefix === '' ? (path) => sftp.create(path) : undefined,
  }
}
