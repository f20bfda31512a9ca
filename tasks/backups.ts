import * as z from 'zod'
import { probe, type Probe, sh, type State } from '../lib/index.ts'

/** The newest set of backups. */
export interface BackupState extends State {
  /** Such as `20260124_120000`. */
  date: string | null
  ageHours: number | null
  bytes: number
  /** Files of the set that are missing or have another size, by commas. */
  broken: string
  /** Hours since the job was given to cron, where it was. */
  plannedHours: number | null
}

const Manifest = z.object({ files: z.array(z.object({ name: z.string(), bytes: z.number() })) })

const NONE: BackupState = { date: null, ageHours: null, bytes: 0, broken: '', plannedHours: null }

const hours = (from: string, now: string) => (Number(now) - Number(from)) / 3600

/**
 * The newest set of backups in a folder, by the manifest that backup.sh writes last, and whether its files are there in
 * full size; hashes are what the weekly test of restoring is for.
 *
 * @param jobs - the file of cron that has the job
 */
export const newestBackup = (folder: string, jobs: string): Probe<BackupState> =>
  probe({
    id: `backup:${folder}`,
    read: sh`printf '%(%s)T\0' -1
[ ! -e ${jobs} ] || stat -c %Y -- ${jobs}
printf '\0'
newest=$(find ${folder} -maxdepth 1 -type f -name 'manifest_????????_??????.json' -printf '%f\n' 2>/dev/null | sort | tail -n 1)
[ -n "$newest" ] || exit 0
date=\${newest#manifest_} date=\${date%.json}
printf '%s\0%s\0' "$date" "$(date -d "\${date:0:8} \${date:9:2}:\${date:11:2}:\${date:13:2}" +%s)"
cd ${folder} && cat -- "$newest" && printf '\0' && stat -c '%s %n' -- *"_$date".*`,
    parse: (stdout) => {
      const [now = '', planned = '', date = '', made = '', manifest = '', sizes = ''] = stdout.split('\0')
      const plannedHours = planned.trim() === '' ? null : hours(planned, now)
      if (date === '') return { ...NONE, plannedHours }
      const { files } = Manifest.parse(JSON.parse(manifest))
      const there = new Map(sizes.split('\n').map((line) => [line.slice(line.indexOf(' ') + 1), Number.parseInt(line)]))
      const broken = files.filter(({ name, bytes }) => there.get(name) !== bytes).map(({ name }) => name)
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
      return { date, ageHours: hours(made, now), bytes, broken: broken.join(', '), plannedHours }
    },
  })
