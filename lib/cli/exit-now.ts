import { writeSync } from 'node:fs'

const SHOW_CURSOR = '\u001b[?25h\n'

/** Ends the process, past the tree that hides the cursor and holds back whatever others write. */
export const exitNow = (exitCode: number, text = ''): never => {
  if (process.stdout.isTTY) writeSync(process.stdout.fd, SHOW_CURSOR)
  if (text !== '') writeSync(process.stderr.fd, `${text}\n`)
  process.exit(exitCode)
}
