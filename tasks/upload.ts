import { randomUUID } from 'node:crypto'
import { blob, type Blob, type Task, task } from '../lib/index.ts'
import { effects, type FileOptions, validation } from './file.ts'
import { file as fileAt, path as pathAt } from './path.ts'

export interface UploadOptions extends Omit<FileOptions, 'content'> {
  /** Bytes, or content that was wrapped (and hashed) before. */
  readonly content: Buffer | Blob
}

/**
 * A big file (an archive, a dump) that the runner brings: sent in a transfer of its own, beside the commands, then put
 * in place like any file. For what fits into a command (1 MB, say) there is `file`, which needs fewer trips.
 */
export const upload = (options: UploadOptions): Task => {
  const { path, mode = '0644', owner = 'root', group = 'root' } = options
  const body = Buffer.isBuffer(options.content) ? blob(options.content) : options.content
  const attributes = { type: 'file', mode, owner, group, target: null } as const
  return task({
    title: options.title ?? `upload ${path}`,
    owns: [{ path }],
    want: fileAt(path).is({ ...attributes, sha256: body.sha256 }),
    run: async (ctx) => {
      const parcel = `/var/tmp/trueup.${randomUUID()}`
      try {
        await ctx.upload(body, parcel)
        await ctx.$`tu_put ${path} ${mode} ${owner} ${group}${validation(options.validate)} < ${parcel}`
      } finally {
        await ctx.$`rm -f -- ${parcel}`.nothrow()
      }
    },
    timeout: 1800,
    ...(body.secret === undefined ? {} : { sensitive: ['sha256'] }),
    ...effects({ ...options, provides: [pathAt(path).is(attributes), ...(options.provides ?? [])] }),
  })
}
