import { mask } from '../language/mask.ts'
import type { Sh } from '../language/sh.ts'

const TAIL_LINES = 20
const COMMAND_LENGTH = 600

export const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** How a command ended, as far as it is known. */
export interface Ended {
  readonly code: number | null
  readonly stdout: Buffer | string
  readonly stderr: Buffer | string
  readonly timedOut?: boolean
}

/** Bytes of an output that are looked at for its end. */
const WINDOW = 64 * 1024

const last = (output: Buffer | string): string => {
  const bytes = Buffer.from(output)
  const text = bytes.subarray(-WINDOW).toString()
  return bytes.length > WINDOW ? text.slice(text.indexOf('\n') + 1) : text
}

/** The end of an output, as people want to see it; secrets are masked before anything is cut, and bytes that are no text show as escapes. */
export const tail = (output: Buffer | string, lines = TAIL_LINES): string =>
  mask(last(output))
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => (line.length > 400 ? `…${line.slice(-400)}` : line))
    .join('\n')
    .replace(/[\0-\x08\x0b-\x1f\x7f\uFFFD]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** A failed command for a tired human: what it was, how it ended, and the end of what it said. */
export const failure = (command: Sh, ended: Ended | undefined): string => {
  const text = mask(String(command))
  const shown = text.length > COMMAND_LENGTH ? `${text.slice(0, COMMAND_LENGTH)}…` : text
  const said = ended === undefined ? '' : tail(ended.stderr) || tail(ended.stdout)
  return [
    how(ended),
    `  command: ${shown.replaceAll('\n', '\n    ')}`,
    ...(said === '' ? [] : [`  it said: ${said.replaceAll('\n', '\n    ')}`]),
    ...(FULL.test(said) && !said.includes('is full (') ? [`  ${ROOM}`] : []),
    ...(EARLY.test(said) ? [`  ${CLOCK}`] : []),
  ].join('\n')
}

/** ENOSPC and EDQUOT, as programs spell them (strerror(3)). */
const FULL = /No space left on device|Disk quota exceeded/

const ROOM = 'what to do: a file system of the host is full, df -h and df -i there say which; make room and run again'

/** As apt, OpenSSL, curl and git say that something is of the future. */
const EARLY = /not (yet )?valid yet|not yet valid|is not valid until|not valid yet \(invalid for another/i

const CLOCK = 'what to do: the clock of the host may be wrong, date -u there says what it is; chronyc tracking'

const how = (ended: Ended | undefined): string => {
  if (ended?.timedOut === true) return 'ended: it took longer than it may'
  if (ended === undefined || ended.code === null) return 'how it ended is not known'
  return `exit code ${ended.code}`
}
