import { Secret } from '../language/secret.ts'
import { UsageError } from './usage.ts'

const ENTER = ['\r', '\n', '\u0004']
const BACKSPACE = ['\u007f', '\b']
const CTRL_C = '\u0003'

/** Asks for a password on the terminal and shows nothing of it. @throws UsageError where there is no terminal */
export const askPassword = (question: string): Promise<Secret> => {
  const { stdin, stderr } = process
  if (!stdin.isTTY) throw new UsageError('--ask-become-pass asks on a terminal, and the standard input is none')
  return new Promise((resolve) => {
    let typed = ''
    const onData = (data: Buffer) => {
      for (const key of data.toString()) {
        if (key === CTRL_C) end(() => process.exit(130))
        else if (ENTER.includes(key)) return end(() => resolve(new Secret('become password', typed)))
        else typed = BACKSPACE.includes(key) ? [...typed].slice(0, -1).join('') : typed + key
      }
    }
    const end = (then: () => void) => {
      stdin.off('data', onData).setRawMode(false).pause()
      stderr.write('\n')
      then()
    }
    stderr.write(question)
    stdin.setRawMode(true).resume().on('data', onData)
  })
}
