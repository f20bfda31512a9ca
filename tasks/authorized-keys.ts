import { blob, each, family, type Handler, type Sh, sh, type State, type Task, task } from '../lib/index.ts'
import { accountName } from './group.ts'
import { path as pathAt, type PathState } from './path.ts'
import { parseKey, publicKey } from './ssh-key.ts'

/**
 * An authorized_keys file: `directory` and `file` as `0700 deploy:deploy` (what they are instead, where they are neither),
 * and each key by its fingerprint, with the rest of its line. A key that stands there again has `…, again` in its name.
 */
type KeysState = State

const folder = (path: string): string => path.slice(0, path.lastIndexOf('/'))

const attributes = (type: 'file' | 'directory', state: PathState): string | null =>
  state.type === null ? null : state.type === type ? `${state.mode} ${state.owner}:${state.group}` : state.type

const entries = (text: string): State => {
  const seen = new Map<string, number>()
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const key = parseKey(line)
      if (key === undefined) return []
      const before = seen.get(key.fingerprint) ?? 0
      seen.set(key.fingerprint, before + 1)
      const again = before === 0 ? '' : before === 1 ? ', again' : `, again (${before})`
      return [[`${key.fingerprint}${again}`, key.rest]]
    }),
  )
}

/** Bytes of a file that are read; nobody has as many keys. */
const LIMIT = 256 * 1024

/** The files as they are; links are not followed. */
const keysAt = family<KeysState>({
  name: 'authorized-keys',
  rests: (key) => [pathAt(folder(key)), pathAt(key)],
  read: (keys) => sh`
for path in ${keys}; do
  if [ ! -L "$path" ] && [ -f "$path" ]; then
    mapfile -d '' -t parts < <(exec dd if="$path" iflag=nofollow,nonblock,fullblock,count_bytes bs=64K count=${LIMIT + 1} status=none)
    wait "$!" || exit
    printf %s "\${parts[0]}"
    [ "\${#parts[@]}" -lt 2 ] || printf '\n%s' "\${parts[@]:1}"
  fi
  printf '\0'
done`,
  parse: (stdout, keys, found) => {
    const fields = stdout.split('\0')
    return each(keys, (key, index) => {
      const text = fields[index] ?? ''
      if (Buffer.byteLength(text) > LIMIT) throw new Error(`${key} is larger than ${LIMIT} bytes`)
      return {
        directory: attributes('directory', found(pathAt(folder(key)))),
        file: attributes('file', found(pathAt(key))),
        ...entries(text),
      }
    })
  },
})

export interface AuthorizedKeysOptions {
  readonly user: string
  /** The primary group; of the user's own name unless given. */
  readonly group?: string
  /** `/root`, or `/home/NAME`, unless given. */
  readonly home?: string
  /** Lines of an authorized_keys file, with options in front where there are any. */
  readonly keys: readonly string[]
  /** Any other key is removed, with whatever else is in the file. */
  readonly exactly?: boolean
  readonly notifies?: Handler | readonly Handler[]
}

/**
 * The keys that a user can log in with, in `~/.ssh/authorized_keys` (0600 in a folder of 0700). Other keys are kept, byte
 * for byte, unless `exactly` is set. A `~/.ssh` that is a link is refused.
 *
 * @throws TypeError on what is no public key, on one key with two different lines, and on no key at all with `exactly`
 */
export const authorizedKeys = (options: AuthorizedKeysOptions): Task => {
  const { user, group = user, exactly = false, notifies } = options
  const { home = user === 'root' ? '/root' : `/home/${accountName('user', user)}` } = options
  const path = `${home}/.ssh/authorized_keys`
  const keys = new Map<string, { line: string; body: string; rest: string }>()
  for (const line of options.keys) {
    const { fingerprint, body, rest } = publicKey(line)
    const other = keys.get(fingerprint)
    if (other !== undefined && other.rest !== rest)
      throw new TypeError(`${fingerprint} is there twice: ${other.rest}; ${rest}`)
    keys.set(fingerprint, { line: line.trim(), body, rest })
  }
  if (exactly && keys.size === 0) throw new TypeError(`without any key, ${user} would be locked out`)
  const want = {
    directory: `0700 ${user}:${group}`,
    file: `0600 ${user}:${group}`,
    ...Object.fromEntries([...keys].map(([fingerprint, { rest }]) => [fingerprint, rest])),
  }
  const own = sh`tu_dir ${folder(path)} 0700 ${user} ${group}`
  const put = sh`tu_put ${path} 0600 ${user} ${group}`
  return task({
    title: `authorized keys of ${user}`,
    owns: [exactly ? { path } : { path, part: true }],
    want: exactly ? keysAt(path).exactly(want) : keysAt(path).is(want),
    apply: (drift) => {
      const drifted = [...keys].flatMap(([fingerprint, key]) => (drift.keys.includes(fingerprint) ? [key] : []))
      return exactly
        ? sh`${own} && ${put} ${blob([...keys.values()].map(({ line }) => `${line}\n`).join(''))}`
        : sh`${own} && ${merge(path, drifted, put)}`
    },
    provides: [
      pathAt(folder(path)).is({ type: 'directory', mode: '0700', owner: user, group }),
      pathAt(path).is({ type: 'file', mode: '0600', owner: user, group }),
    ],
    ...(notifies !== undefined && { notifies }),
  })
}

/**
 * The file's other lines, then the keys. The folder is the user's, so it is entered first, and a link is not followed at
 * the moment of opening either (dd(1), nofollow); the user could otherwise be shown a file of root's.
 */
const merge = (path: string, keys: readonly { line: string; body: string }[], put: Sh): Sh => {
  const others = keys.flatMap(({ body }) => ['-e', `^[[:space:]]*[^#[:space:]].*${body}`])
  const filter = keys.length === 0 ? sh`cat` : sh`{ grep -av ${others} || [ $? = 1 ]; }`
  const name = `./${path.slice(path.lastIndexOf('/') + 1)}`
  return sh`tu_enter ${path} && if [ -e ${name} ]; then
  text=$(set -o pipefail; dd if=${name} iflag=nofollow,nonblock status=none | ${filter} && printf x)
else text=x; fi &&
text=\${text%x} &&
{ printf %s "$text"; [ -z "\${text##*$'\n'}" ] || echo; printf %s ${keys.map(({ line }) => `${line}\n`).join('')}; } | ${put}`
}
