import { probe, sh, type State } from '../lib/index.ts'

/** Units that have failed, by commas. */
export const failedUnits = probe<State>({
  id: 'failed units',
  needs: ['systemctl'],
  read: sh`systemctl list-units --state=failed --plain --no-legend --no-pager`,
  parse: (stdout) => ({
    failed: stdout
      .split('\n')
      .flatMap((line) => (line.trim() === '' ? [] : [line.trim().split(/\s+/)[0] ?? '']))
      .join(', '),
  }),
})

/** How full the disk is that a path is on. */
export interface DiskState extends State {
  percent: number
  freeGb: number
}

/** The root file system by df(1). */
export const rootDisk = probe<DiskState>({
  id: 'disk:/',
  read: sh`df --output=pcent,avail -B 1M / | tail -n 1`,
  parse: (stdout) => {
    const [percent = '', free = ''] = stdout.trim().split(/\s+/)
    if (!/^\d+%$/.test(percent)) throw new Error(`df printed ${JSON.stringify(stdout)}`)
    return { percent: Number.parseInt(percent), freeGb: Math.floor(Number(free) / 1024) }
  },
})

/** The last end of a job in the log that the jobs' wrapper keeps; `null` where it has not ended yet. */
export interface JobState extends State {
  code: number | null
  when: string | null
}

/** How a job of cron last ended, by its name and its log. */
export const lastEnd = (name: string, log: string) =>
  probe<JobState>({
    id: `job:${name}`,
    read: sh`[ ! -e ${log} ] || tail -c 1000000 -- ${log} | grep -E ${`^=== [^ ]+ ${name} ended with [0-9]+$`} | tail -n 1`,
    parse: (stdout) => {
      const [, when, code] = /^=== (\S+) .* ended with (\d+)\s*$/.exec(stdout) ?? []
      return { code: code === undefined ? null : Number(code), when: when ?? null }
    },
  })
