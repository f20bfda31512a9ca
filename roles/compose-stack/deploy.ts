import { type Claim, sh, sha256, type Site, type Task, task } from '../../lib/index.ts'
import { file as fileAt } from '../../tasks/path.ts'
import type { Vars } from './vars.ts'

/**
 * The application at the wanted commit. `.ref` is written by deploy.sh, and only once the commit's containers are
 * healthy; with `deployed` any will do, so that a run never takes back what somebody has deployed.
 */
export const deployed = ({ ref, repository, wait }: Vars, { dir }: Site, brings: Claim): Task[] => {
  const path = `${dir}/.ref`
  const target = ref === 'deployed' ? repository.branch : ref
  return [
    task({
      title: 'application deployed',
      owns: [{ path, part: true }],
      want: fileAt(path).is({ type: 'file', ...(ref !== 'deployed' && { sha256: sha256(`${ref}\n`) }) }),
      apply: () => sh`${dir}/scripts/deploy.sh ${target}`,
      provides: [brings],
      timeout: 1800 + 2 * wait,
    }),
  ]
}
