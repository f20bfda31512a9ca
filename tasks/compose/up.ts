import { all, raw, sh, type Sh, type State } from '../../lib/index.ts'
import type { ProjectOptions, Service } from '../compose.ts'
import { DEPLOYED } from './containers.ts'

/**
 * Shell functions for one project; `dc` is docker-compose(1) with its files, and never reads the script's own input.
 *
 * - `again COMMAND…` tries three times, for a registry that is away for a moment.
 * - `troubles` prints what is not up and healthy, with the last lines that it said.
 * - `strangers` removes containers that were given the project's labels by hand.
 * - `keep` remembers the files as good, `back` puts the remembered ones in place and says whether there was a difference.
 */
const FUNCTIONS = raw(
  String.raw`
dc() { docker compose -p "$project" --project-directory . $(printf -- '-f %s ' $files) $(for f in $environment; do [ ! -e "$f" ] || printf -- '--env-file %s ' "$f"; done) "$@" </dev/null; }
again() {
  local pause
  for pause in 3 12 0; do
    "$@" && return
    [ "$pause" = 0 ] || { echo "trying again in $pause s" >&2; sleep "$pause"; }
  done
  return 1
}
troubles() {
  local service id status
  while IFS='|' read -r service id status; do
    case $status in Up*'(healthy)' | Up*' seconds' | Up*' minutes' | Up*' hours') continue ;; esac
    printf '%s is %s; it said:\n' "$service" "\${status:-not there}" >&2
    docker logs --tail 15 "$id" </dev/null 2>&1 | tail -n 15 | cut -c -400 >&2
  done < <(docker ps -a --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.service"}}|{{.ID}}|{{.Status}}')
}
strangers() { # SERVICE...: those that stay; compose itself does not see containers that it has not made
  local service id hash
  while IFS='|' read -r service id hash; do
    [ -z "$hash" ] && [[ " $* " != *" $service "* ]] || continue
    docker rm -f -- "$id" >/dev/null || return
  done < <(docker ps -a --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.service"}}|{{.ID}}|{{.Label "com.docker.compose.config-hash"}}')
}
keep() {
  local f
  mkdir -p -m 0700 .last-good && for f in $files $environment; do [ ! -e "$f" ] || cp -p --parents -- "$f" .last-good/ || return; done
}
back() {
  local f changed=1
  for f in $files $environment; do
    [ -e ".last-good/$f" ] && ! cmp -s -- ".last-good/$f" "$f" || continue
    cp -p -- ".last-good/$f" "$f.trueup" && mv -fT -- "$f.trueup" "$f" && changed=0
  done
  return "$changed"
}
`.replaceAll('\\$', '$'),
)

/** The restart policy and the memory of a running container are set back without making it anew: docker-update(1). */
const limits = (project: string, name: string, { restart, memory }: Service): Sh => {
  const id = sh`"$(docker ps -aq --filter ${`label=com.docker.compose.project=${project}`} --filter ${`label=com.docker.compose.service=${name}`})"`
  const set = sh`docker update --restart ${restart} ${id} >/dev/null`
  return memory === undefined
    ? set
    : sh`${set} && { docker update --memory ${memory} --memory-swap ${memory * 2} ${id} >/dev/null 2>&1 || :; }`
}

/** An image that only this host can make: built where it is missing, or where its name means another one. */
const build = (service: string, image: string, moved: boolean): Sh => {
  const name = sh`"$({ read -r ref <.ref; } 2>/dev/null; image=${image}; printf %s "\${image/${DEPLOYED}/$ref}")"`
  const make = sh`dc build -q ${service} >/dev/null`
  return moved ? make : sh`{ docker image inspect ${name} >/dev/null 2>&1 || ${make}; }`
}

/** Foreign containers that stay are started where they stand still, and join the project's network under their service's name, so that ours find them. */
const connect = (project: string, network: string, name: string): Sh =>
  sh`docker start $(docker ps -aq --filter ${`label=com.docker.compose.project=${project}`} --filter ${`label=com.docker.compose.service=${name}`}) >/dev/null &&
{ docker network inspect ${network} >/dev/null 2>&1 || docker network create --label ${`com.docker.compose.project=${project}`} --label ${`com.docker.compose.network=default`} ${network} >/dev/null; } &&
{ docker network connect --alias ${name} ${network} "$(docker ps -q --filter ${`label=com.docker.compose.project=${project}`} --filter ${`label=com.docker.compose.service=${name}`})" 2>/dev/null || :; }`

/**
 * Brings the drifted services of a project up. Nothing is made anew before all images are there; where something does
 * not become healthy in time, the files that were good the last time are put back and brought up, and it fails.
 *
 * @param staying - services that were made by somebody else and are left as they are
 */
export const bring = (options: ProjectOptions, now: State, keys: readonly string[], staying: readonly string[]): Sh => {
  const { name, dir, files, environmentFiles, services, wait, network } = options
  const drifted = (of: (key: string) => boolean) =>
    Object.keys(services).filter(
      (one) => !staying.includes(one) && keys.some((key) => of(key) && key.split(' ')[0] === one),
    )
  const touched = drifted(() => true)
  const moved = drifted((key) => key.endsWith(' image')).filter((one) => now[one] !== undefined)
  const fetched = touched.filter((one) => services[one]?.built !== true)
  const built = touched.filter((one) => services[one]?.built === true)
  const reset = drifted((key) => key.endsWith(' limits')).filter((one) => !keys.includes(`${one} definition`))
  const found = (state: string) => touched.filter((one) => now[one] === state)
  const sick = [...found('paused'), ...found('unhealthy')]
  const orphans = keys.some((key) => !Object.hasOwn(services, key.split(' ')[0] ?? ''))

  const pull = fetched.filter((one) => moved.includes(one))
  const first = fetched.filter((one) => !moved.includes(one))
  const flags = ['-d', '--wait', '--wait-timeout', String(wait), ...(orphans ? ['--remove-orphans'] : [])]
  const steps = [
    sh`dc config -q`,
    ...(pull.length > 0 ? [sh`again dc pull -q ${pull}`] : []),
    ...(first.length > 0 ? [sh`again dc pull -q --policy missing ${first}`] : []),
    ...built.map((one) => build(one, services[one]?.image ?? '', moved.includes(one))),
    sh`strangers ${staying}`,
    ...staying.map((one) => connect(name, network, one)),
    ...reset.map((one) => limits(name, one, services[one] as Service)),
    ...(found('paused').length > 0 ? [sh`dc unpause ${found('paused')}`] : []),
    // What was paused has failed its health checks meanwhile, and waiting would end at once.
    ...(sick.length > 0 ? [sh`dc restart ${sick}`] : []),
  ]
  // Without names it would be about all services, those that stay as well.
  const names = touched.length > 0 ? touched : Object.keys(services).filter((one) => !staying.includes(one))
  const isBuilt = (one: string) => services[one]?.built === true
  const made = (some: readonly string[], alone: boolean) =>
    some.length === 0 ? [] : [sh`dc up ${[...flags, ...(alone ? ['--no-deps'] : [])]} ${some}`]
  // Compose takes a service whose dependencies are left out for another one, and makes it anew. Those that are built are
  // always brought up like that, by deploy.sh too, so that a deploy touches no database.
  const up = all(
    ...made(
      names.filter((one) => !isBuilt(one)),
      staying.length > 0,
    ),
    ...made(names.filter(isBuilt), true),
  )
  return sh`(
project=${name} files=${files.join(' ')} environment=${environmentFiles.join(' ')}
cd ${dir} || exit
${FUNCTIONS}
${all(...steps)} || exit
${up} && { keep; exit; }
troubles
if back; then
  echo 'the files that were good before are put back' >&2
  ${up}
fi
exit 1
)`
}
