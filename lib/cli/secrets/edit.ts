import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { parseSecrets } from '../../../inventory/age.ts'
import { showPlace } from '../../../inventory/problem.ts'
import { type OpenVault, openToChange, save } from '../../../inventory/vault.ts'
import { EndedError, editor } from './editor.ts'
import { type PrivateFile, privateFile } from './private-file.ts'
import { UsageError } from '../usage.ts'

type Note = (text: string) => void

/** Opens the secrets in the person's editor, and saves what comes back where it can be read as secrets. */
export const edit = async (path: string, note: Note): Promise<number> => {
  const vault = await openToChange(path, process.env)
  const file = privateFile('secrets.yml', vault.text)
  try {
    if (file.onDisk) note(`there is no file system in memory here: the text is on disk while you edit, ${file.path}`)
    return await saved(vault, file)
  } catch (error) {
    if (!(error instanceof EndedError)) throw error
    note(error.message)
    return error.exitCode
  } finally {
    file.remove()
  }
}

/** Edits again for as long as the person wants to mend what cannot be read. */
const saved = async (vault: OpenVault, file: PrivateFile): Promise<number> => {
  const name = showPlace({ file: vault.path, line: 0, column: 0 })
  for (;;) {
    await editor(file.path)
    const text = await readFile(file.path, 'utf8')
    if (text === vault.text) {
      process.stdout.write(`nothing changed in ${name}\n`)
      return 0
    }
    const wrong = complaint(text)
    if (wrong === undefined) {
      await save(vault, text)
      process.stdout.write(`${name} is saved\n`)
      return 0
    }
    if (!(await again(`${name} would be unreadable: it ${wrong}`)))
      throw new UsageError(`it ${wrong}; nothing was saved`)
  }
}

const complaint = (text: string): string | undefined => {
  try {
    const empty = [...parseSecrets(text)].find(([, value]) => value === '')
    return empty && `holds nothing for ${empty[0]}; give it a value, or take its line out`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Whether to edit again; where nobody can be asked, no. */
const again = async (text: string): Promise<boolean> => {
  if (!process.stdin.isTTY) return false
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return !/^q/i.test((await prompt.question(`${text}\nEnter edits again, q gives up: `)).trim())
  } finally {
    prompt.close()
  }
}
