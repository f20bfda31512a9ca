import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A text in a place that nobody else can look into. */
export interface PrivateFile {
  readonly path: string
  /** Whether the place is on a disk, for want of one in memory. */
  readonly onDisk: boolean
  remove(): void
}

/** A folder in memory that is only ours (pam_systemd(8)), or the one for all, where ours is made (shm_overview(7)). */
const placeOf = (env: NodeJS.ProcessEnv): string | undefined => {
  const own = env['XDG_RUNTIME_DIR']
  const fits = (folder: string, mask: number): boolean => {
    const stat = statSync(folder, { throwIfNoEntry: false })
    return stat?.isDirectory() === true && (mask === 0 || (stat.uid === process.getuid?.() && (stat.mode & mask) === 0))
  }
  if (own !== undefined && own.startsWith('/') && fits(own, 0o077)) return own
  return fits('/dev/shm', 0) ? '/dev/shm' : undefined
}

/**
 * Writes a text where only we can read it (0600 in a folder of 0700). It goes away with the process at the latest,
 * and with it whatever an editor has put beside it.
 */
export const privateFile = (name: string, text: string, env = process.env): PrivateFile => {
  const place = placeOf(env)
  const folder = mkdtempSync(join(place ?? tmpdir(), 'trueup-'))
  const remove = () => {
    rmSync(folder, { recursive: true, force: true })
    process.off('exit', remove)
  }
  process.on('exit', remove)
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
  return { path, onDisk: place === undefined, remove }
}
