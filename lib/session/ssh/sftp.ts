import type { Client } from 'ssh2'
import type { Fill } from '../shell.ts'
import type { SftpChannel } from './sftp-channel.ts'

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The way beside the shell: one sftp channel a connection, opened when it is first needed and reused. */
export class Sftp {
  readonly #client: Client
  readonly #warn: (message: string) => void
  #channel: Promise<SftpChannel | undefined> | undefined

  constructor(client: Client, warn: (message: string) => void) {
    this.#client = client
    this.#warn = warn
  }

  /** Makes a new file; nothing where that does not work, as the shell then knows better why. */
  async create(path: string): Promise<Fill | undefined> {
    if ((await this.#channel)?.closed) this.#channel = undefined
    const channel = await (this.#channel ??= this.#open())
    const handle = await channel?.create(path).catch(() => undefined)
    if (channel === undefined || handle === undefined) return undefined
    return async (bytes) => {
      try {
        await channel.fill(handle, bytes)
        return true
      } catch (error) {
        this.#warn(`sftp failed at ${path} (${message(error)}); the shell is tried instead`)
        await channel.discard(handle, path)
        return false
      }
    }
  }

  /** There is none where the server has no sftp: that is said once, and not tried again. */
  async #open(): Promise<SftpChannel | undefined> {
    const sftp = await import('./sftp-channel.ts')
    try {
      return await sftp.SftpChannel.open(this.#client)
    } catch (error) {
      this.#warn(
        `there is no sftp on the host (${message(error)}); big content goes through the shell, which is slower`,
      )
      return undefined
    }
  }
}
