import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** This very file, or the program that it is built into, with its pieces beside it: there lines say nothing. */
const HERE = fileURLToPath(import.meta.url)
const LIB = HERE.replace(/runner\/place\.ts$/, '')
const PIECES = HERE.replace(/\.js$/, '/')

interface Frame {
  readonly file: string
  readonly at: string
}

/** `at f (PATH:1:2)`, `at PATH:1:2`, and where there is no frame the head of a SyntaxError or of what esbuild says. */
const FRAME =
  /^\s*(?:at (?:async )?(?:.* \()?)?(?<file>(?:file:\/\/)?\/[^()\n]*?):(?<at>\d+(?::\d+)?)\)?(?:: ERROR: .*)?$/

const framesOf = (stack: string): Frame[] =>
  stack.split('\n').flatMap((line) => {
    const { file, at } = FRAME.exec(line)?.groups ?? {}
    if (file === undefined || at === undefined) return []
    const path = file.startsWith('file:') ? fileURLToPath(file) : file
    const built = path === HERE || (PIECES !== HERE && path.startsWith(PIECES))
    const ours = built || (LIB !== HERE && path.startsWith(LIB)) || path.includes('/node_modules/')
    return ours ? [] : [{ file: path, at }]
  })

const shown = ({ file, at }: Frame): string => {
  const near = relative(process.cwd(), file)
  return `${near.startsWith('..') ? file : near}:${at}`
}

/**
 * Where in a person's own files an error has come from, as `roles/ufw.ts:41:20`: the first frame that is neither the
 * engine's nor a package's, and not one of a task's file where the role that called it is known.
 */
export const placeOf = (error: Error): string | undefined => {
  const frames = framesOf(`${error.stack ?? ''}\n${error.message}`)
  const frame = frames.find(({ file }) => !/\/tasks\/[^/]*$/.test(file)) ?? frames[0]
  return frame && shown(frame)
}

/** An error's message in one line, and its place. */
export const located = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const broken = /^.*?:\d+:\d+: ERROR: (.*)$/m.exec(error.message)?.[1]
  const place = placeOf(error)
  const text = broken ?? error.message
  return place === undefined ? text : `${text} (${place})`
}
