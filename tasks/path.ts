import { each, type Family, family, type State, sh } from '../lib/index.ts'

/** What stat(1) says of a path; all `null` where there is nothing. */
export interface PathState extends State {
  type: 'file' | 'directory' | 'link' | 'other' | null
  mode: string | null
  owner: string | null
  group: string | null
  /** Where a symbolic link points. */
  target: string | null
}

/** A path and, for a regular file, the hash of its content. */
export interface FileState extends PathState {
  sha256: string | null
}

/** A text file's whole content; `null` where there is no file. */
export interface TextState extends State {
  text: string | null
}

const ABSENT: PathState = { type: null, mode: null, owner: null, group: null, target: null }

const TYPES = new Map<string, PathState['type']>([
  ['regular file', 'file'],
  ['regular empty file', 'file'],
  ['directory', 'directory'],
  ['symbolic link', 'link'],
])

/** Names that stat(1) does not quote in its own way. */
const PLAIN = /^[\w@%+:,./ -]*$/

const ENOENT = /^stat: .*: (No such file or directory|Not a directory)$/

/**
 * Fields end in NUL, which no name can hold; sections end in an empty field. The middle one is what stat(1) complains of.
 * find(1) prints the name with the target: a link that somebody exchanges meanwhile says nothing of the others.
 */
const stat = (keys: readonly string[]) => sh`
{ errors=$(exec stat --printf '%n\0%F\0%a\0%U\0%G\0' -- ${keys} 2>&1 >&3); } 3>&1
printf '\0%s\0\0' "$errors"
links=(); for path in ${keys}; do [ ! -L "$path" ] || links+=("$path"); done
[ "\${#links[@]}" = 0 ] || find "\${links[@]}" -maxdepth 0 -type l -printf '%p\0%l\0' 2>/dev/null
printf '\0'`

const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size))

/** The keys that no line of stat(1) accounts for. It quotes odd names in its own way: those are only counted. */
const unexplained = (missing: readonly string[], said: readonly string[]): ReadonlySet<string> => {
  const named = new Set(said.filter((line) => missing.some((key) => line.includes(key))))
  const unnamed = missing.filter((key) => !said.some((line) => line.includes(key)))
  const others = said.filter((line) => ENOENT.test(line) && !named.has(line))
  return new Set(unnamed.filter((key) => PLAIN.test(key) || unnamed.length > others.length))
}

/** What was found, or why it could not be looked at. */
const parseStat = (stdout: string, keys: readonly string[]): Map<string, PathState | Error> => {
  const fields = stdout.split('\0')
  const section = (from: number): [end: number, section: string[]] => {
    const end = fields.indexOf('', from)
    if (end < 0) throw new Error(`stat printed an unexpected end: ${JSON.stringify(stdout.slice(-200))}`)
    return [end + 1, fields.slice(from, end)]
  }
  const [afterStat, stats] = section(0)
  const found = new Map<string, PathState | Error>()
  for (const [name = '', type = '', mode = '', owner = '', group = ''] of chunks(stats, 5)) {
    found.set(name, { type: TYPES.get(type) ?? 'other', mode: mode.padStart(4, '0'), owner, group, target: null })
  }
  const said = (fields[afterStat] ?? '').split('\n').filter((line) => line !== '')
  const complaints = said.filter((line) => !ENOENT.test(line))
  const [, links] = section(afterStat + 2)
  for (const [name = '', target = ''] of chunks(links, 2)) {
    found.set(name, { ...ABSENT, type: 'link', target })
  }
  const unsaid = unexplained(
    keys.filter((key) => !found.has(key)),
    said,
  )
  const missing = (key: string): PathState | Error => {
    const complaint =
      complaints.find((line) => line.includes(key)) ?? (unsaid.has(key) ? (complaints[0] ?? '') : undefined)
    return complaint === undefined ? ABSENT : new Error(complaint === '' ? `stat says nothing of ${key}` : complaint)
  }
  return new Map(keys.map((key) => [key, found.get(key) ?? missing(key)]))
}

const paths: Family<PathState> = {
  name: 'path',
  read: stat,
  parse: parseStat,
}

/** Type, mode, owner and link target of a path. All paths of a run cost one stat(1). */
export const path = family(paths)

const files: Family<FileState> = {
  name: 'file',
  rests: (key) => [path(key)],
  read: (keys) => sh`
set --; for path in ${keys}; do [ -L "$path" ] || [ ! -f "$path" ] || set -- "$@" "$path"; done
[ $# = 0 ] || sha256sum --zero -- "$@" || :`,
  parse: (stdout, keys, found) => {
    const hashes = new Map(stdout.split('\0').map((line) => [line.slice(66), line.slice(0, 64)]))
    return each(keys, (key) => {
      const state = found(path(key))
      const sha256 = hashes.get(key)
      if (state.type === 'file' && sha256 === undefined) throw new Error(`${key}: cannot be read`)
      return { ...state, sha256: sha256 ?? null }
    })
  },
}

/** The same, with the content's hash. All files of a run cost one sha256sum(1) besides. */
export const file = family(files)
