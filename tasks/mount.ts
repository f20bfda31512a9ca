import { family, sh, type State, type Task, task } from '../lib/index.ts'
import { type FstabEntry, fstabEntry, noFstabEntry, unescapeField } from './fstab.ts'
import { path as pathAt } from './path.ts'

/** What is mounted at a place, each of its options a key of its own: `option:nosuid: true`. */
export interface MountState extends State {
  mounted: true | null
  type: string | null
  source: string | null
}

const ABSENT: MountState = { mounted: null, type: null, source: null }

/** proc_pid_mountinfo(5): …, mount point, options, …, `-`, type, source, …; the last one at a place is what is seen. */
export const mountAt = family<MountState>({
  name: 'mount',
  read: () => sh`cat /proc/self/mountinfo`,
  parse: (stdout, keys) => {
    const mounts = new Map(
      stdout.split('\n').flatMap((line): [string, MountState][] => {
        const [left = '', right = ''] = line.split(' - ')
        const [, , , , target, options = ''] = left.split(' ')
        const [type = '', source = ''] = right.split(' ')
        if (target === undefined) return []
        const set = Object.fromEntries(options.split(',').map((option) => [`option:${option}`, true] as const))
        return [[unescapeField(target), { mounted: true, type, source: unescapeField(source), ...set }]]
      }),
    )
    return new Map(keys.map((key) => [key, mounts.get(key) ?? ABSENT]))
  },
})

/** Options that the kernel tells as they were given. Others are in fstab only. */
const TOLD = new Set(['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime'])

/** Types that stand for another one. */
const VAGUE = new Set(['auto', 'none', 'nfs'])

const target = (path: string): string => {
  if (!/^\/(?:[^/\n\r\0]+\/)*[^/\n\r\0]+$/.test(path))
    throw new TypeError(`not a place to mount at: ${JSON.stringify(path)}`)
  return path
}

/**
 * Something mounted, now and at every boot. The mount point is made where it is missing.
 *
 * @throws TypeError on what fstab(5) cannot hold
 */
export const mount = (entry: FstabEntry): Task[] => {
  const place = target(entry.target)
  const told = (entry.options ?? []).filter((option) => TOLD.has(option))
  return [
    fstabEntry(entry),
    task({
      title: `mount ${place}`,
      want: mountAt(place).is({
        mounted: true,
        ...(!VAGUE.has(entry.type) && { type: entry.type }),
        ...Object.fromEntries(told.map((option) => [`option:${option}`, true])),
      }),
      apply: ({ now, keys }) => {
        if (now.mounted && !keys.includes('type')) return sh`mount -o remount -- ${place}`
        const free = now.mounted ? sh`umount -- ${place}` : sh`{ [ -d ${place} ] || tu_dir ${place} 0755 root root; }`
        return sh`${free} && { [ ! -d /run/systemd/system ] || systemctl daemon-reload; } && mount -- ${place}`
      },
      provides: [pathAt(place).is({ type: 'directory' })],
    }),
  ]
}

/** Nothing mounted here, neither now nor at boot. What is in use is not taken away: umount(8) refuses. */
export const unmounted = (path: string): Task[] => [
  noFstabEntry({ target: target(path) }),
  task({
    title: `no mount ${path}`,
    want: mountAt(path).is({ mounted: null }),
    apply: () => sh`umount -- ${path}`,
  }),
]
