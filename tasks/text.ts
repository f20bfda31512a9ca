import { blob, check, derive, each, family, sh, sha256, type Task, task } from '../lib/index.ts'
import { effects, type PathOptions, validation } from './file.ts'
import { file as fileAt, type FileState, path as pathAt } from './path.ts'

/** A small text file with its content; `text` is `null` where there is no regular file. */
export interface TextFileState extends FileState {
  text: string | null
}

/** The most bytes that are read of a file. */
const LIMIT = 256 * 1024

const withText = (path: string, state: FileState, text: string): TextFileState => {
  if (state.type !== 'file') return { ...state, text: null }
  if (Buffer.byteLength(text) > LIMIT) throw new Error(`${path} is larger than ${LIMIT} bytes, too large to be edited`)
  if (sha256(text) !== state.sha256)
    throw new Error(`${path} is not text in UTF-8, is reached through a symbolic link, or changed while it was read`)
  return { ...state, text }
}

/**
 * The content of small text files, 256 kB at most; what is not text in UTF-8 is an error. bash(1) stops reading at a NUL
 * and everything else arrives as it is, which the hash of sha256sum(1) confirms. All of them cost one process besides what all
 * files do: it asks the kernel (proc_pid_fd(5)) what was opened: a name in somebody else's folder may have come
 * to mean another file since it was looked at, and what is in that one is not for the file that we write.
 */
export const text = family<TextFileState>({
  name: 'text',
  rests: (key) => [fileAt(key)],
  read: (keys) => sh`
LC_ALL=C fds=()
for path in ${keys}; do
  if [ -L "$path" ] || [ ! -f "$path" ]; then path=/dev/null; fi
  exec {fd}<"$path" || exit
  fds+=("/proc/$BASHPID/fd/$fd")
done
mapfile -d '' -t opened < <(exec readlink -z -- "\${fds[@]}")
at=0
for path in ${keys}; do
  text=
  [ "\${opened[at]}" != "$path" ] || IFS= read -r -n ${LIMIT + 1} -d '' text <"\${fds[at]}" || :
  printf '%s\0' "$text"
  at=$((at + 1))
done`,
  parse: (stdout, keys, found) => {
    const fields = stdout.split('\0')
    return each(keys, (key, index) => withText(key, found(fileAt(key)), fields[index] ?? ''))
  },
})

export interface EditOptions extends PathOptions {
  /** Makes the file where it is missing, with this mode and owner; otherwise its absence is a failure. */
  readonly create?: boolean
  /** Four octal digits; 0644 unless given. Only for a file that is made: otherwise it keeps its own. */
  readonly mode?: string
  readonly owner?: string
  readonly group?: string
}

/** What the file will be, or why it is left alone. */
const plan = ({ create = false, ...options }: EditOptions, now: TextFileState, change: (before: string) => string) => {
  if (now.type !== null && now.type !== 'file') return `is a ${now.type}, and no file that could be edited`
  try {
    const after = change(now.text ?? '')
    if (now.type === null && after !== '' && !create) return 'is not there'
    const { mode = '0644', owner = 'root', group = 'root' } = now.type === null ? options : given(now)
    return { after, attributes: { type: 'file', mode, owner, group } as const }
  } catch (error) {
    return `is left alone: ${error instanceof Error ? error.message : String(error)}`
  }
}

const given = ({ mode, owner, group }: TextFileState) => ({
  ...(mode !== null && { mode }),
  ...(owner !== null && { owner }),
  ...(group !== null && { group }),
})

/** Whether the file still is what was read, in shell. */
const unchanged = (path: string, before: string | null) =>
  before === null
    ? sh`[ ! -e ${path} ] && [ ! -L ${path} ]`
    : sh`[ "$(sha256sum <${path})" = ${`${sha256(before)}  -`} ]`

/**
 * A text file changed by a function: what it must read is what the function makes of what it reads. The file is replaced
 * as a whole, keeps its mode and owner, and is refused where it has changed since it was read.
 *
 * @param change - the new text; applied to its own result it changes nothing. What it throws is told as the failure.
 */
export const edit = (options: EditOptions & { readonly title: string }, change: (before: string) => string): Task => {
  const { path, title, validate } = options
  return derive({
    title,
    from: text(path),
    reads: [],
    owns: [{ path, part: true }],
    make: (now) => {
      const planned = plan(options, now, change)
      if (typeof planned === 'string')
        return check({
          title,
          want: text(path).is({ text: UNREACHABLE }),
          level: 'fail',
          say: () => `${path} ${planned}`,
        })
      const { after, attributes } = planned
      if (now.text === null && after === '')
        return check({ title, want: text(path).is({}), level: 'fail', say: () => '' })
      const { mode, owner, group } = attributes
      return task({
        title,
        want: text(path).is({ ...(now.text === null && attributes), text: after }),
        apply:
          () => sh`{ ${unchanged(path, now.text)} || { echo ${path} has changed since it was read >&2; false; }; } &&
tu_put ${path} ${mode} ${owner} ${group}${validation(validate)} ${blob(after)}`,
        preview: { path, after: change },
        ...effects({
          ...options,
          provides: [
            fileAt(path).is({ ...attributes, sha256: sha256(after) }),
            pathAt(path).is(attributes),
            ...(options.provides ?? []),
          ],
        }),
      })
    },
  })
}

/** No file's text, since texts that are read hold no NUL. */
const UNREACHABLE = '\0'
