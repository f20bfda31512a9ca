import { Secret } from '../../language/secret.ts'
import { askHidden } from '../password.ts'
import { UsageError } from '../usage.ts'

const LARGEST = 1024 * 1024

/**
 * A value for a secret: asked for twice on a terminal, which shows nothing of it, else read from stdin, where one line
 * end at its end is not part of it.
 *
 * @throws UsageError where it is none
 */
export const newValue = async (name: string): Promise<Secret> => {
  const value = process.stdin.isTTY ? await asked(name) : await piped(name)
  if (value === '') throw new UsageError(`the value of ${name} is empty; nothing was saved`)
  if (value.includes('\0'))
    throw new UsageError(`the value of ${name} holds a NUL, which no program takes; nothing was saved`)
  return new Secret(name, value)
}

const asked = async (name: string): Promise<string> => {
  const first = (await askHidden(`${name} (not shown): `)).reveal()
  const second = (await askHidden('once more: ')).reveal()
  if (first !== second) throw new UsageError('that was not the same twice; nothing was saved')
  return first
}

const piped = async (name: string): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Buffer)
    size += bytes.length
    if (size > LARGEST) throw new UsageError(`the value of ${name} is longer than ${LARGEST} bytes; nothing was saved`)
    chunks.push(bytes)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(Buffer.concat(chunks))
      .replace(/\r?\n$/, '')
  } catch {
    throw new UsageError(`the value of ${name} is not UTF-8 text; encode it first (base64); nothing was saved`)
  }
}
