import { randomBytes } from 'node:crypto'
import { link, open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Looks at what was written, before it takes its place. @throws where it must not */
export type Prove = (written: Buffer) => Promise<void>

/**
 * Replaces a private file as a whole or not at all (rename(2)): whoever reads it sees the old one or the new one,
 * whatever cuts this off. A link stays, and what it points to is replaced.
 *
 * @param before - what was read of it; nothing where there was no file
 * @throws Error where it was changed meanwhile, or cannot be written; then it is as it was
 */
export const replaceFile = async (
  path: string,
  before: Buffer | undefined,
  content: string | Uint8Array,
  prove?: Prove,
): Promise<void> => {
  if (before === undefined) return await createFile(path, content, prove)
  const real = await realpath(path)
  await written(real, content, prove, async (temporary) => {
    if (!(await readFile(real)).equals(before))
      throw new Error('was changed by somebody else meanwhile; nothing was saved')
    await rename(temporary, real)
  })
}

/** Makes a private file, as a whole or not at all. @throws Error where there is one already */
export const createFile = (path: string, content: string | Uint8Array, prove?: Prove): Promise<void> =>
  written(path, content, prove, async (temporary) => {
    try {
      await link(temporary, path)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      throw new Error(`is there already (${path}); nothing was saved`, { cause: error })
    }
  })

const written = async (
  path: string,
  content: string | Uint8Array,
  prove: Prove | undefined,
  place: (temporary: string) => Promise<void>,
): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.new`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await prove?.(await readFile(temporary))
    await place(temporary)
    await sync(dirname(path))
  } catch (error) {
    const code = codeOf(error)
    if (code === '') throw error
    throw new Error(`cannot be written: ${REASONS[code] ?? code} (${path}); it is as it was`, { cause: error })
  } finally {
    await rm(temporary, { force: true })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** fsync(2) of a folder, so that the new name survives a power cut as well. */
const sync = async (folder: string): Promise<void> => {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
