import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The person's folder for what can be lost, or the one that TRUEUP_CACHE names; none where it names nothing. */
export const cacheFolder = ({ TRUEUP_CACHE, XDG_CACHE_HOME, HOME }: NodeJS.ProcessEnv): string | undefined => {
  if (TRUEUP_CACHE !== undefined) return TRUEUP_CACHE || undefined
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'trueup')
  return HOME ? join(HOME, '.cache', 'trueup') : undefined
}

/**
 * Makes a folder in there. A home that is not there is not made (and Node's own way to make all folders of a path never
 * comes to an end in /proc).
 *
 * @throws Error where it cannot be made
 */
export const prepared = (folder: string): void => {
  const root = dirname(folder)
  for (const path of [dirname(root), root, folder]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
}

/** Puts a file of this person's in place as one; another run may do the same at this moment. @throws Error */
export const keep = (file: string, content: Buffer): void => {
  const temporary = `${file}.${process.pid}`
  const fd = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(fd, content)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(temporary, file)
}
