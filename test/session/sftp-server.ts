import { constants, type FileHandle, open, unlink } from 'node:fs/promises'
import ssh2, { type SFTPWrapper } from 'ssh2'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

/** What goes wrong with it. */
export interface SftpFaults {
  /** Files get this mode, whatever is asked for. */
  readonly mode?: number
  /** Writes from this offset on fail. */
  readonly full?: number
  /** With a write from this offset on, this happens, and the write is never answered. */
  readonly cut?: { readonly at: number; readonly how: (sftp: SFTPWrapper) => void }
}

/** The part of an sftp server that new files need. */
export const serveSftp = (sftp: SFTPWrapper, { mode, full, cut }: SftpFaults = {}): void => {
  const files: FileHandle[] = []
  sftp.on('close', () => void Promise.allSettled(files.map((file) => file.close())))
  const fileOf = (handle: Buffer): FileHandle => {
    const file = files[handle.readUInt32BE(0)]
    if (file === undefined) throw new Error('no such handle')
    return file
  }
  const answer = (id: number, work: Promise<unknown>) => {
    work.then(
      () => sftp.status(id, STATUS_CODE.OK),
      () => sftp.status(id, STATUS_CODE.FAILURE),
    )
  }
  sftp.on('error', () => {})
  sftp.on('OPEN', (id, path, flags, { mode: asked }) => {
    if (flags !== (OPEN_MODE.CREAT | OPEN_MODE.EXCL | OPEN_MODE.WRITE)) return sftp.status(id, STATUS_CODE.FAILURE)
    open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode ?? asked).then(
      (file) => {
        const handle = Buffer.alloc(4)
        handle.writeUInt32BE(files.push(file) - 1)
        sftp.handle(id, handle)
      },
      () => sftp.status(id, STATUS_CODE.FAILURE),
    )
  })
  sftp.on('FSTAT', (id, handle) => {
    fileOf(handle)
      .stat()
      .then(
        (stats) => sftp.attrs(id, { mode: stats.mode, uid: 0, gid: 0, size: stats.size, atime: 0, mtime: 0 }),
        () => sftp.status(id, STATUS_CODE.FAILURE),
      )
  })
  sftp.on('WRITE', (id, handle, offset, data) => {
    if (cut !== undefined && offset >= cut.at) return cut.how(sftp)
    if (full !== undefined && offset >= full) return sftp.status(id, STATUS_CODE.FAILURE)
    answer(id, fileOf(handle).write(data, 0, data.length, offset))
  })
  sftp.on('CLOSE', (id, handle) => answer(id, fileOf(handle).close()))
  sftp.on('REMOVE', (id, path) => answer(id, unlink(path)))
}
