import { coloured, colours, printable } from '../report/style.ts'

/** What came of a command on one host. */
export type Answer = { readonly host: string; readonly exitCode: number } & (
  | { readonly code: number | null; readonly stdout: string; readonly stderr: string; readonly ms: number }
  | { readonly error: string }
)

/** Prints answers as they come: an object on each line, or each line of the output behind its host. */
export const teller = (json: boolean, hosts: readonly { readonly name: string }[]): ((answer: Answer) => void) => {
  if (json) return (answer) => void process.stdout.write(`${JSON.stringify(asEvent(answer))}\n`)
  const colour = colours(coloured(process.env, process.stdout.isTTY))
  const width = Math.max(...hosts.map(({ name }) => name.length))
  return (answer) => {
    const print = (stream: NodeJS.WriteStream, text: string, paint: (prefix: string) => string) => {
      if (text === '') return
      for (const line of text.replace(/\n$/, '').split('\n'))
        stream.write(`${paint(answer.host.padEnd(width))}  ${printable(line)}\n`)
    }
    if ('error' in answer) return print(process.stderr, answer.error, colour.red)
    const { code, stdout, stderr } = answer
    print(process.stdout, stdout, colour.green)
    print(process.stderr, stderr, colour.yellow)
    if (code !== 0) print(process.stderr, code === null ? 'how it ended is not known' : `exit code ${code}`, colour.red)
  }
}

const asEvent = (answer: Answer): object => {
  const { host, exitCode } = answer
  if ('error' in answer && exitCode === 3)
    return { event: 'host', host, status: 'unreachable', exitCode, message: answer.error }
  if ('error' in answer) return { event: 'exec', host, code: null, stdout: '', stderr: answer.error }
  const { code, stdout, stderr, ms } = answer
  return { event: 'exec', host, code, stdout, stderr, ms }
}
