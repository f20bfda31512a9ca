import { type Handler, handler, sh } from '../../lib/index.ts'
import { PATIENCE, type Project } from './containers.ts'

/**
 * Restarts a service that reads its configuration only when it starts, at the end of the role, and waits until it is up
 * again. One that was started after the last change of its files has read them already, and one that is not up will.
 *
 * @param tree - the folder of its configuration, on the host
 */
export const restarted = (project: Project, service: string, tree: string): Handler => {
  const of = (label: string) => ['--filter', `label=com.docker.compose.${label}`]
  const state = '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}'
  return handler({
    id: `restart:${project.name}:${service}`,
    title: `restart ${service}`,
    run: sh`id=$(docker ps -q ${of(`project=${project.name}`)} ${of(`service=${service}`)}) || exit
if [ -n "$id" ]; then
  started=$(docker inspect -f '{{.State.StartedAt}}' "$id") && changed=$(find ${tree} -newerct "$started" -print -quit) || exit
  if [ -n "$changed" ]; then
    docker restart "$id" >/dev/null || exit
    for ((n = 0; n < ${PATIENCE}; n++)); do
      state=$(docker inspect -f ${state} "$id") || exit
      [ "$state" = starting ] || break
      sleep 1
    done
    case $state in healthy | running) ;; *)
      echo ${`${service} is`} "$state with its new configuration; it said:" >&2
      docker logs --tail 15 "$id" </dev/null 2>&1 | cut -c -400 >&2
      exit 1 ;;
    esac
  fi
fi`,
  })
}
