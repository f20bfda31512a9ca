import { family, sh, type State, type Task, task } from '../lib/index.ts'
import { fstabEntry, noFstabEntry, unescapeField } from './fstab.ts'

const MIB = 1024 * 1024

/** A swap file. */
export interface SwapState extends State {
  /** Its size; `null` where there is no file. */
  mib: number | null
  mode: string | null
  active: boolean
}

/** stat(1) of the files, and /proc/swaps (proc_swaps(5)): one line each, the path first, spaces as octal numbers. */
export const swapAt = family<SwapState>({
  name: 'swap',
  read: (keys) => sh`set --
for path in ${keys}; do [ ! -f "$path" ] || set -- "$@" "$path"; done
{ [ $# = 0 ] || stat --printf '%s\0%a\0%n\0' -- "$@"; } && printf '\0' && cat /proc/swaps`,
  parse: (stdout, keys) => {
    const fields = stdout.split('\0')
    const swaps = (fields.at(-1) ?? '').split('\n').map((line) => unescapeField(line.split(/\s/)[0] ?? ''))
    return new Map(
      keys.map((key) => {
        const at = fields.indexOf(key)
        const [size, mode] = at < 0 ? [] : fields.slice(at - 2, at)
        const active = swaps.includes(key)
        return [
          key,
          { mib: size === undefined ? null : Number(size) / MIB, mode: mode?.padStart(4, '0') ?? null, active },
        ]
      }),
    )
  },
})

export interface SwapOptions {
  /** `/swapfile` unless given. */
  readonly path?: string
  /** MiB; 0 for no swap file. */
  readonly mib: number
}

const PATH = /^(\/[A-Za-z0-9_@.+-]+)+$/

/**
 * A swap file of this size, in use now and after every boot; 0 takes it out of use and removes it. Nothing is begun that
 * would leave less than 256 MiB free on its disk. Not for containers, which share the host's swap.
 *
 * @throws TypeError on a size that is no whole number, and on a path with spaces or quotes
 */
export const swap = ({ path = '/swapfile', mib }: SwapOptions): Task[] => {
  if (!Number.isInteger(mib) || mib < 0) throw new TypeError(`swap is a whole number of MiB: ${mib}`)
  if (!PATH.test(path) || path.includes('/../'))
    throw new TypeError(`not a path for a swap file: ${JSON.stringify(path)}`)
  if (mib > 0) return [present(path, mib), fstabEntry({ source: path, target: 'none', type: 'swap', options: ['sw'] })]
  return [noFstabEntry({ source: path }), absent(path)]
}

const off = (path: string, { active }: SwapState) => (active ? sh`swapoff ${path} && ` : sh``)

const present = (path: string, mib: number): Task => {
  const made = `${path}.trueup`
  const room = sh`free=$(df --output=avail -BM -- ${path.slice(0, path.lastIndexOf('/')) || '/'} | tail -n 1 | tr -dc 0-9) &&
{ [ "$free" -ge ${mib + 256} ] || { echo ${`${path}: ${mib} MiB of swap and 256 MiB to spare do not fit into`} "$free MiB" >&2; false; }; }`
  return task({
    title: `swap ${path}`,
    owns: [{ path }],
    want: swapAt(path).is({ mib, mode: '0600', active: true }),
    apply: ({ now, keys }) => {
      if (!keys.includes('mib') && now.active) return sh`chmod 0600 -- ${path}`
      if (!keys.includes('mib')) return sh`chmod 0600 -- ${path} && mkswap ${path} >/dev/null && swapon ${path}`
      // Some file systems give swapon(8) a file with holes after fallocate(1); then it is written out.
      return sh`make() {
  "$@" && mkswap ${made} >/dev/null && mv -fT -- ${made} ${path} && swapon ${path}
}
umask 077
${off(path, now)}rm -f -- ${path} ${made} && ${room} &&
{ make fallocate --length ${mib * MIB} ${made} || make dd if=/dev/zero ${`of=${made}`} bs=1M ${`count=${mib}`} status=none ||
  { rm -f -- ${made}; false; }; }`
    },
    timeout: 1800,
  })
}

const absent = (path: string): Task =>
  task({
    title: `no swap ${path}`,
    owns: [{ path }],
    want: swapAt(path).is({ mib: null, active: false }),
    apply: ({ now }) => sh`${off(path, now)}rm -f -- ${path}`,
    timeout: 1800,
  })
