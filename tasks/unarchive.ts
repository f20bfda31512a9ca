import { family, sh, type State, type Task, task } from '../lib/index.ts'
import { effects, type PathOptions } from './file.ts'
import { path as pathAt } from './path.ts'

export interface UnpackedState extends State {
  /**
   * The sha256 of the archive that the directory was unpacked from; `changed` when it is not as it was unpacked, `null`
   * where nothing was.
   */
  archive: string | null
}

/** Where the unpacking is noted, within the directory: the archive's hash, and the hash of the {@link listing}. */
const NOTE = '.trueup-unpacked'

/**
 * Everything in the directory at $1 by name, type, mode, owner, size, time of change and link target. A directory's own
 * time and size say nothing that its entries do not.
 */
const LISTING = sh`
listing() { local hash
  hash=$(set -o pipefail; cd -P -- "$1" &&
    find . -mindepth 1 ! -path ${`./${NOTE}`} \( -type d -printf 'd %m %u %g %P\0' -o -printf '%y %m %u %g %s %T@ %l %P\0' \) | sort -z | sha256sum) &&
    printf '%s' "\${hash%% *}"
}
`

/**
 * Whether a directory is as it was unpacked. The note is not simply believed: the listing is made anew and compared.
 * Not seen: a file of the same size that was given its old time back. Of a note, which may lie in another user's
 * directory, no more is read than a note can be, and only where it is our own: whoever owns the directory cannot say that
 * it is as it was.
 */
export const unpackedAt = family<UnpackedState>({
  name: 'unpacked',
  read: (keys) => sh`${LISTING}
for dir in ${keys}; do
  note= now= at=$dir/${NOTE}
  [ ! -e "$dir" ] || note=none
  if [ -f "$at" ] && [ ! -L "$at" ] && [ -O "$at" ]; then
    now=$(dd if="$at" iflag=nofollow,nonblock bs=131 count=1 status=none 2>&1) && note=$now && now=$(listing "$dir" 2>&1) || note=error
  fi
  printf '%s\0%s\0%s\0' "$dir" "$note" "$now"
done`,
  parse: (stdout, keys) => {
    const fields = stdout.split('\0')
    return new Map(
      keys.map((key, index): [string, UnpackedState | Error] => {
        const [dir, note = '', now = ''] = fields.slice(index * 3, index * 3 + 3)
        if (dir !== key) return [key, new Error(`the host answered for ${dir ?? 'nothing'}`)]
        const [archive = '', then] = note.split(' ')
        if (archive === 'error') return [key, new Error(now)]
        if (note === '') return [key, { archive: null }]
        return [key, { archive: then !== undefined && then === now ? archive : 'changed' }]
      }),
    )
  },
})

export interface UnpackOptions extends Omit<PathOptions, 'path' | 'validate'> {
  /** The archive on the host, where `download` or `upload` has put it: tar with any compression that tar(1) knows, or zip. */
  readonly archive: string
  /** Its sha256. */
  readonly sha256: string
  /** The directory that is the archive's content and nothing else: it is replaced as a whole. Not `/opt`, but `/opt/tool-1.2`. */
  readonly dir: string
  /** Leading folders to leave out of the members' names; tar only. */
  readonly strip?: number
  readonly owner?: string
  readonly group?: string
}

const plain = (what: string, path: string): string => {
  if (!/^(?:\/[^/\0\n]+)+$/.test(path) || /(?:^|\/)\.\.?(?:\/|$)/.test(path))
    throw new TypeError(`${what} is an absolute path, not ${JSON.stringify(path)}`)
  return path
}

/**
 * A directory with the content of an archive, unpacked beside it and then put in its place; what was there before is
 * removed. Its parent must be there. Needs unzip(1) for zip, and xz or zstd where the archive does.
 *
 * @throws TypeError for paths that are not absolute, a directory right below `/`, and a checksum that is no sha256
 */
export const unpacked = (options: UnpackOptions): Task => {
  const { archive, sha256, strip = 0, owner = 'root', group = 'root' } = options
  const dir = plain('dir', options.dir)
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError(`not a sha256 in hex: ${JSON.stringify(sha256)}`)
  if (dir.lastIndexOf('/') === 0) throw new TypeError(`${dir} is not a directory to be replaced as a whole`)
  const zip = /\.zip$/i.test(archive)
  if (zip && strip > 0) throw new TypeError('strip is for tar archives')
  const extract = zip
    ? sh`unzip -q ${plain('archive', archive)} -d ./tree`
    : sh`tar -xf ${plain('archive', archive)} -C ./tree --no-same-owner --strip-components=${strip}`
  return task({
    title: options.title ?? `unpacked ${dir}`,
    owns: [{ path: dir }],
    want: unpackedAt(dir).is({ archive: sha256 }),
    // From the stage on, which is root's alone, the parent is `..`: whatever its path comes to mean, that stays the same.
    apply: () => sh`${LISTING}
dir=${dir} name=${dir.slice(dir.lastIndexOf('/') + 1)} placed=
tu_enter "$dir" || exit
read -r found _ < <(sha256sum -- ${archive}) && [ "$found" = ${sha256} ] || { echo ${archive} "is not the archive that is wanted: its sha256 is $found" >&2; exit 1; }
parent=$PWD
stage=$(mktemp -d ./.trueup.XXXXXXXXXX) && stage=\${stage#./} && cd -P -- "$stage" && [[ "$(stat -c '%u %a %F' .)" =~ ^0' '2?700' directory'$ ]] && [ "$(readlink /proc/self/cwd)" = "$parent/$stage" ] ||
  { echo "$parent: somebody exchanges what is made there" >&2; exit 1; }
there() { [ -e "$1" ] || [ -L "$1" ]; }
leave() {
  if [ -z "$placed" ] && there ./was; then
    mv -T -- ./was "../$name" || { echo "what was at $dir could not be put back and is kept at $parent/$stage/was" >&2; return; }
  fi
  rm -rf -- "../$stage"
}
trap leave EXIT
# Five digits, as four leave the bit in place by which a folder hands on its group.
chmod 00700 . && mkdir tree && ${extract} && rm -f -- ${`./tree/${NOTE}`} && ! there ${`./tree/${NOTE}`} &&
find ./tree -mindepth 1 -exec chown -h -- ${`${owner}:${group}`} {} + &&
was=$(listing ./tree) && printf '%s %s\n' ${sha256} "$was" > ${`./tree/${NOTE}`} && chmod 0755 ./tree && chown -- ${`${owner}:${group}`} ./tree && sync -f ./tree &&
{ ! there "../$name" || mv -T -- "../$name" ./was; } &&
mv -T -- ./tree "../$name" && placed=1`,
    timeout: 900,
    ...effects({
      ...options,
      path: dir,
      provides: [
        pathAt(dir).is({ type: 'directory', mode: '0755', owner, group, target: null }),
        ...(options.provides ?? []),
      ],
    }),
  })
}
