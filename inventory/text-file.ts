import { open } from 'node:fs/promises'

const LARGEST = 1024 * 1024

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
}

/**
 * The text of a file that an inventory names with `!file`. As ssh does, it refuses a private key that others may read.
 *
 * @throws Error saying what was found and what to do
 */
export const readTextFile = async (path: string): Promise<string> => {
  try {
    const file = await open(path)
    try {
      const { mode, size } = await file.stat()
      if (size > LARGEST) throw new Error(`it has ${size} bytes; allowed: ${LARGEST}`)
      const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile())
      if (/^-----BEGIN .*PRIVATE KEY-----/m.test(text) && (mode & 0o077) !== 0) {
        const found = (mode & 0o7777).toString(8).padStart(4, '0')
        throw new Error(`it is a private key that others may read (${found}); chmod 600 ${path}`)
      }
      return text
    } finally {
      await file.close()
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const code = 'code' in error ? String(error.code) : ''
    const reason = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : REASONS[code]
    throw new Error(reason ?? (code === '' ? error.message : code), { cause: error })
  }
}
