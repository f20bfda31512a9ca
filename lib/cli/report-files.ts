import { existsSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Emit, Event } from '../events.ts'
import { html } from '../report/html.ts'
import { junit } from '../report/junit.ts'
import { UsageError } from './usage.ts'

/** The reports that can be asked for: all of a run's events made into one text. */
export const REPORTS: Readonly<Record<string, (events: readonly Event[]) => string>> = {
  junit,
  html,
  json: (events) => `${JSON.stringify(events, undefined, 2)}\n`,
}

/** Collects a run's events, and writes them into files once it is over. */
export interface ReportFiles {
  readonly emit: Emit
  save(): Promise<void>
}

/** @param typed - `KIND=FILE`, each @throws UsageError before anything is run */
export const reportFiles = (typed: readonly string[]): ReportFiles => {
  const wanted = typed.map((word) => {
    const [kind = '', ...rest] = word.split('=')
    const [render, file] = [Object.hasOwn(REPORTS, kind) ? REPORTS[kind] : undefined, rest.join('=')]
    if (render === undefined || file === '')
      throw new UsageError(
        `--report takes KIND=FILE, with ${Object.keys(REPORTS).join(', ')} as KIND; not ${JSON.stringify(word)}`,
      )
    if (!existsSync(dirname(resolve(file))))
      throw new UsageError(`--report ${word}: there is no folder ${dirname(file)}`)
    return { render, file }
  })
  const events: Event[] = []
  return {
    emit: (event) => void (wanted.length > 0 && events.push(event)),
    save: async () => {
      for (const { render, file } of wanted) await replace(file, render(events))
    },
  }
}

/** Whoever reads it meanwhile sees the report of the run before. */
const replace = async (file: string, content: string): Promise<void> => {
  const temporary = `${file}.${process.pid}.new`
  try {
    await writeFile(temporary, content)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw new Error(`the report ${file} was not written: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
