import { Secret } from '../language/secret.ts'
import { UsageError } from './usage.ts'

const ENTER = ['\r', '\n', '\u0004']
const BACKSPACE = ['\u007f', '\b']
const CTRL_C = '\u0003'

/** Asks for the sudo password. @throws UsageError where there is no terminal */
export const askPassword = async (question: string): Promise<Secret> => {
  if (!process.stdin.isTTY) throw new UsageError('--ask-become-pass asks on a terminal, and the standard input is none')
  return await askHidden(question)
}

/** Asks on the terminal that stdin is, and shows nothing of what is typed. */
export const askHidden = (question: string): Promise<Secret> => {
  const { stdin, stderr } = process
  return new Promise((resolve) => {
    let typed = ''
    const onData = (data: Buffer) => {
      for (const key of data.toString()) {
        if (key === CTRL_C) end(() => process.exit(130))
        else if (ENTER.includes(key)) return end(() => resolve(new Secret(question.replace(/\W+$/, ''), typed)))
        else typed = BACKSPACE.includes(key) ? [...typed].slice(0, -1).join('') : typed + key
      }
    }
    const end = (then: () => void) => {
      stdin.off('data', onData).setRawMode(false).pause()
      stderr.write('\n')
      then()
    }
    stdin.setRawMode(true).resume().on('data', onData)
    stderr.write(question)
  })
}
