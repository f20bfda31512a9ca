import { interrupts } from './interrupt.ts'

/**
 * Whoever read our output is gone (`… | head`): nothing more is said, and a run ends as it does on Ctrl-C, after the
 * task in hand.
 */
export const endQuietly = (stream: NodeJS.WriteStream): void => {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (!interrupts.begin()) process.exit(0)
  })
}
