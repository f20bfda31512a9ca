import {
  type Blob,
  blob,
  type Claim,
  type Declared,
  type Guard,
  type Handler,
  Secret,
  sh,
  type Sh,
  task,
} from '../lib/index.ts'
import { absolute, attributes } from './attributes.ts'
import { file as fileAt, path as pathAt } from './path.ts'

/** A check that must pass before a change is put in place: it sees `tree` with the change already made (tu_commit). */
export interface Validate {
  /** The folder that the check reads, such as `/etc/nginx`. */
  readonly tree: string
  /** The check, such as `nginx -t`. */
  readonly check: Sh
}

/** What tasks about a path have in common. */
export interface PathOptions {
  readonly path: string
  /** Unless given: after the path. */
  readonly title?: string
  readonly validate?: Validate
  readonly notifies?: Handler | readonly Handler[]
  readonly provides?: readonly Claim[]
  /** For a file that could shut us out. */
  readonly guard?: Guard
}

export interface FileOptions extends PathOptions {
  readonly content: string | Buffer | Secret
  /** Four octal digits; 0644 unless given, 0600 for a secret. */
  readonly mode?: string
  readonly owner?: string
  readonly group?: string
}

/** The words that hand a check to the `tu_` functions. */
export const validation = (validate: Validate | undefined): Sh =>
  validate === undefined ? sh`` : sh` ${validate.tree} ${validate.check.toString()}`

/** Only what is set: `exactOptionalPropertyTypes` tells “not given” from “undefined”. */
export const effects = ({ notifies, provides, guard }: PathOptions) => ({
  ...(guard !== undefined && { guard }),
  ...(notifies !== undefined && { notifies }),
  ...(provides !== undefined && { provides }),
})

const isText = ({ bytes }: Blob): boolean => !bytes.includes(0) && bytes.equals(Buffer.from(bytes.toString()))

/**
 * A file with this content, mode and owner, replaced as a whole: readers see the old one or the new one.
 * A secret's content is never shown, not even by its hash.
 *
 * @throws TypeError on a path, a mode or an owner that cannot be
 */
export const file = (options: FileOptions): Declared => {
  const { content, validate, owner = 'root', group = 'root' } = options
  const path = absolute(options.path)
  const secret = content instanceof Secret
  const { mode = secret ? '0600' : '0644' } = options
  if (content === undefined) throw new TypeError(`the content of ${path} is missing`)
  const body = blob(content)
  const wanted = { type: 'file', ...attributes({ mode, owner, group }) } as const
  return task({
    title: options.title ?? `file ${path}`,
    owns: [{ path }],
    want: fileAt(path).is({ ...wanted, sha256: body.sha256 }),
    alone: true,
    apply: () => sh`tu_put ${path} ${mode} ${owner} ${group}${validation(validate)} ${body}`,
    ...effects({ ...options, provides: [pathAt(path).is(wanted), ...(options.provides ?? [])] }),
    ...(secret ? { sensitive: ['sha256'] } : isText(body) && { preview: { path, after: () => body.bytes.toString() } }),
  })
}

/** No file or link at this path; a directory is never removed. */
export const absent = (options: PathOptions): Declared =>
  task({
    title: options.title ?? `no file ${options.path}`,
    owns: [{ path: options.path }],
    want: pathAt(absolute(options.path)).is({ type: null }),
    apply: () => sh`tu_remove ${options.path}${validation(options.validate)}`,
    ...effects(options),
  })
