import ssh2, { type Client, type SFTPWrapper } from 'ssh2'

type Done<T> = (error?: Error | null, value?: T) => void

/** Seconds for one answer. One write takes 40 s at 50 kB/s. */
const PATIENCE = 60
/** What OpenSSH takes at most in one write (limits@openssh.com); for others ssh2 splits it. */
const CHUNK = 255 * 1024
/** Writes under way at once. */
const WRITES = 8

const { CREAT, EXCL, WRITE } = ssh2.utils.sftp.OPEN_MODE
const NEW = CREAT | EXCL | WRITE

const openSftp = (client: Client): Promise<SFTPWrapper> =>
  new Promise((resolve, reject) => {
    client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp)))
  })

/** One open sftp channel, with promises that always settle: ssh2 calls nobody back once the channel is closed. */
export class SftpChannel {
  readonly #sftp: SFTPWrapper
  readonly #waiting = new Set<(error: Error) => void>()
  #closed = false

  private constructor(sftp: SFTPWrapper) {
    this.#sftp = sftp
    sftp.on('error', () => {})
    sftp.on('end', () => this.#close())
    sftp.on('close', () => this.#close())
  }

  /** @throws Error where the server has no sftp */
  static async open(client: Client): Promise<SftpChannel> {
    return new SftpChannel(await openSftp(client))
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Makes a new file, 0600 from its first moment. @returns its handle */
  async create(path: string): Promise<Buffer> {
    const handle = await this.#ask<Buffer>((sftp, done) => sftp.open(path, NEW, { mode: 0o600 }, done))
    const { mode } = await this.#ask<{ mode: number }>((sftp, done) => sftp.fstat(handle, done))
    if ((mode & 0o777) === 0o600) return handle
    await this.discard(handle, path)
    throw new Error(`new files have mode ${(mode & 0o777).toString(8)}`)
  }

  /** Writes the content of a new file, to the disk where the server can do that, and closes it. */
  async fill(handle: Buffer, bytes: Buffer): Promise<void> {
    let next = 0
    const write = async () => {
      while (next < bytes.length) {
        const at = next
        const size = Math.min(CHUNK, bytes.length - at)
        next += size
        await this.#ask((sftp, done) => sftp.write(handle, bytes, at, size, at, done))
      }
    }
    await Promise.all(Array.from({ length: WRITES }, write))
    await this.#ask((sftp, done) => {
      try {
        sftp.ext_openssh_fsync(handle, done)
      } catch {
        // The server does not have it.
        done()
      }
    })
    await this.#ask((sftp, done) => sftp.close(handle, done))
  }

  /** Closes a file and removes it, as far as that goes. */
  async discard(handle: Buffer, path: string): Promise<void> {
    const closing = this.#ask((sftp, done) => sftp.close(handle, done))
    const removing = this.#ask((sftp, done) => sftp.unlink(path, done))
    await Promise.allSettled([closing, removing])
  }

  #ask<T>(start: (sftp: SFTPWrapper, done: Done<T>) => void): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the sftp channel is closed'))
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        settle()
        reject(error)
      }
      const late = setTimeout(() => {
        fail(new Error(`no answer within ${PATIENCE} s`))
        this.#close()
      }, PATIENCE * 1000)
      const settle = () => {
        clearTimeout(late)
        this.#waiting.delete(fail)
      }
      this.#waiting.add(fail)
      start(this.#sftp, (error, value) => {
        if (error) return fail(error)
        settle()
        resolve(value as T)
      })
    })
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const fail of this.#waiting) fail(new Error('the sftp channel was closed'))
    this.#sftp.end()
  }
}
