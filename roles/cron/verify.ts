import { bad, beyond, fine, held, look, type Site, type Task, type Verification } from '../../lib/index.ts'
import { newestBackup } from '../../tasks/backups.ts'
import { lastEnd } from '../../tasks/system-state.ts'

const NEVER = 'cron.backup is “never”: somebody else has to look after backups'

/** Hours: a day, and the time that a backup may take. */
const OLD = 26

const hours = (count: number): string => (count < 48 ? `${count.toFixed(1)} hours` : `${Math.floor(count / 24)} days`)

const log = (project: string) => `/var/log/${project}-backup.log`

/**
 * The jobs, and what came of the backup's.
 *
 * @param jobs - what gives them to cron
 */
export const verify = ({ backup }: { readonly backup: string }, site: Site, jobs: Task[]): readonly Verification[] => {
  const { dir, project } = site
  const script = `${dir}/scripts/backup.sh`
  return [
    held({
      title: 'cron jobs',
      tasks: jobs,
      good: `/etc/cron.d/${project}, as the inventory has it`,
      mend: 'run --role cron',
    }),
    look({
      title: 'backup run by cron',
      from: lastEnd('backup', log(project)),
      judge: ({ code, when }) => {
        if (backup === 'never') return beyond(NEVER)
        if (code === null) return beyond(`cron has not run it yet (${backup}); see ${log(project)} after that`)
        return code === 0
          ? fine(`ended well at ${when ?? '?'}`)
          : bad(`ended with ${code} at ${when ?? '?'}; see ${log(project)}`)
      },
    }),
    look({
      title: 'newest backup',
      from: newestBackup('/root/backups', `/etc/cron.d/${project}`),
      judge: ({ date, ageHours, bytes, broken, plannedHours }) => {
        if (date === null && backup === 'never') return beyond(NEVER)
        if (date === null || ageHours === null)
          return plannedHours !== null && plannedHours < OLD
            ? beyond(
                `there is none yet, and cron has known of it for ${hours(plannedHours)} only; ${script} makes one now`,
              )
            : bad(`there is none in /root/backups; run ${script}`)
        if (broken !== '') return bad(`of set ${date}, ${broken} is missing or cut short; run ${script}`)
        return ageHours <= OLD
          ? fine(`${hours(ageHours)} old, ${(bytes / 1024 ** 2).toFixed(1)} MB (${date})`)
          : bad(`${hours(ageHours)} old (${date}); see ${log(project)}, run ${script}`)
      },
    }),
  ]
}
