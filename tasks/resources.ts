import { type Check, check, family, sh, type State } from '../lib/index.ts'

/** What the machine has of something. */
export interface ResourceState extends State {
  enough: boolean
  found: number
}

const UNITS = { cpus: 'CPUs', memoryMb: 'MB of memory', diskGb: 'GB of disk at /', freeDiskGb: 'GB free at /' } as const

export type Resource = keyof typeof UNITS

/** Tolerance: a machine sold with 32 GB shows a little less, since the kernel keeps some for itself. */
const SLACK = 0.93

/** CPUs, memory and disk, by `WHAT:NUMBER`; from nproc(1), proc_meminfo(5) and df(1). */
const resource = family<ResourceState>({
  name: 'resource',
  read: () =>
    sh`nproc; while read -r name number unit; do [ "$name" != MemTotal: ] || printf '%s\n' "$number"; done < /proc/meminfo; df --block-size=1G --output=size,avail / | tail -n 1`,
  parse: (stdout, keys) => {
    const [cpus = Number.NaN, memoryKb = Number.NaN, diskGb = Number.NaN, freeDiskGb = Number.NaN] = stdout
      .trim()
      .split(/\s+/)
      .map(Number)
    const amounts: Readonly<Record<string, number>> = {
      cpus,
      memoryMb: Math.floor(memoryKb / 1024),
      diskGb,
      freeDiskGb,
    }
    return new Map(
      keys.map((key): [string, ResourceState | Error] => {
        const [what = '', least = ''] = key.split(':')
        const found = amounts[what]
        if (found === undefined || Number.isNaN(found)) return [key, new Error(`the host does not tell its ${what}`)]
        return [key, { enough: found >= Number(least) * SLACK, found }]
      }),
    )
  },
})

/** A warning, with the figures, where the machine has less than was promised. */
export const promised = (what: Resource, least: number): Check<ResourceState> =>
  check({
    title: `${what} as promised`,
    want: resource(`${what}:${least}`).is({ enough: true }),
    level: 'warn',
    say: ({ now }) => `${now['found']} ${UNITS[what]}, where the inventory promises ${least}`,
  })

/** Whether so many MB of memory are there: a failure or a warning in these words where they are not. */
export const memoryFor = (
  title: string,
  mb: number,
  level: 'fail' | 'warn',
  say: (found: number) => string,
): Check<ResourceState> =>
  check({
    title,
    want: resource(`memoryMb:${mb}`).is({ enough: true }),
    level,
    say: ({ now }) => say(now.found),
  })
