import { type Handler, handler, sh } from '../../lib/index.ts'
import { containers, type Project } from './containers.ts'

/**
 * Restarts a service that reads its configuration only when it starts, at the end of the role; one that was started after
 * the last change of its files has read them already.
 *
 * @param tree - the folder of its configuration, on the host
 * @param condition - what it is once it is up
 */
export const restarted = (
  project: Project,
  service: string,
  tree: string,
  condition: 'healthy' | 'running',
): Handler => {
  const of = (label: string) => ['--filter', `label=com.docker.compose.${label}`]
  return handler({
    id: `restart:${project.name}:${service}`,
    title: `restart ${service}`,
    run: sh`id=$(docker ps -q ${of(`project=${project.name}`)} ${of(`service=${service}`)}) && [ -n "$id" ] || { echo ${`${service} is not up`} >&2; exit 1; }
started=$(docker inspect -f '{{.State.StartedAt}}' "$id") && changed=$(find ${tree} -newerct "$started" -print -quit) || exit
[ -z "$changed" ] || docker restart "$id" >/dev/null`,
    want: containers(project).is({ [service]: condition }),
  })
}
