import * as z from 'zod'
import { family, type Probe, sh, type State } from '../../lib/index.ts'
import { LABEL, LIMITS } from './definition.ts'

/** A Compose project on the host. */
export interface Project {
  /** Its name, the value of the label `com.docker.compose.project`. */
  readonly name: string
  /** The folder of its files; the commit that is deployed is in its `.ref`. */
  readonly dir: string
}

/** Stands in an image's name for the commit that is deployed, which only the host knows. */
export const DEPLOYED = '‹deployed›'

/** Seconds that a look waits for containers whose health is not settled yet. */
export const PATIENCE = 60

const Container = z.object({
  Id: z.string(),
  Image: z.string(),
  Labels: z.record(z.string(), z.string()),
  State: z.string(),
  Status: z.string(),
})
type Container = z.infer<typeof Container>

/** What docker update(1) can change of a running container. */
interface Limits {
  restart: string
  memory: number
}

/** `{"label":["com.docker.compose.project"]}` */
const FILTER = '%7B%22label%22%3A%5B%22com.docker.compose.project%22%5D%7D'

/** By the containers' ids; what is read was picked out of the inspection's JSON on the host. */
const limitsOf = (text: string): Map<string, Limits> => {
  const limits = new Map<string, Limits>()
  let current: Limits | undefined
  for (const [, id, restart, memory] of text.matchAll(
    /"Id":"([0-9a-f]{64})"|"RestartPolicy":\{"Name":"([^"]*)"|"Memory":(-?\d+)/g,
  )) {
    if (id !== undefined) limits.set(id, (current = { restart: '', memory: 0 }))
    else if (current !== undefined && restart !== undefined) current.restart = restart
    else if (current !== undefined && memory !== undefined) current.memory = Number(memory)
  }
  return limits
}

/** `running`, `healthy`, `unhealthy`, `starting`, `paused`, or `exited 137`. */
const condition = ({ State: state, Status: status }: Container): string => {
  if (state === 'exited') return `exited ${/\((\d+)\)/.exec(status)?.[1] ?? '?'}`
  if (state !== 'running') return state
  return /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(status)?.[1] ?? 'running'
}

/** A limit that the kernel does not know is discarded by the engine with a warning: none is what it can be then. */
const compared = ({ restart, memory }: Limits, label: string, honoured: boolean): string => {
  const [, wanted = ''] = label.split(' ')
  const found = `${restart} ${memory === 0 && !honoured ? wanted : memory}`
  return found === label ? 'as made' : `restart ${restart}, memory ${memory}`
}

interface Host {
  readonly limits: ReadonlyMap<string, Limits>
  /** The kernel honours limits of memory. */
  readonly honoured: boolean
}

const stateOf = (containers: readonly Container[], { limits, honoured }: Host, ref: string): State => {
  const state: Record<string, string> = {}
  const serviceOf = ({ Labels: labels }: Container) => labels['com.docker.compose.service'] ?? ''
  for (const first of containers) {
    const service = serviceOf(first)
    if (service in state) continue
    const count = containers.filter((one) => serviceOf(one) === service).length
    state[service] = count === 1 ? condition(first) : `${count} containers`
    state[`${service} image`] =
      ref !== '' && first.Image.endsWith(`:${ref}`) ? `${first.Image.slice(0, -ref.length)}${DEPLOYED}` : first.Image
    const label = first.Labels[LABEL]
    if (label !== undefined) state[`${service} definition`] = label
    const [wanted, found] = [first.Labels[LIMITS], limits.get(first.Id)]
    if (wanted !== undefined && found !== undefined) state[`${service} limits`] = compared(found, wanted, honoured)
  }
  return state
}

const answer = (key: string, containers: readonly Container[], host: Host, ref: string): State => {
  const mine = containers.filter(
    ({ Labels: labels }) =>
      labels['com.docker.compose.project'] === key.split(' ')[0] && labels['com.docker.compose.oneoff'] !== 'True',
  )
  return stateOf(mine, host, ref)
}

/**
 * The containers of Compose projects, all by two questions on the engine's socket (Docker Engine API, ContainerList and
 * ContainerInspect), however many there are. A container whose health is not settled yet is waited for, up to a minute.
 * The list names an image by its id once its tag means another one.
 */
const projects = family<State>({
  name: 'compose',
  needs: ['dockerd'],
  read: (keys) => sh`
pid=; { read -r pid || :; } 2>/dev/null </run/docker.pid; [ -n "$pid" ] && [ -d "/proc/$pid" ] || { echo 'the docker engine is installed but not running' >&2; exit 1; }
ask() { curl -sSf -m 20 --unix-socket /run/docker.sock "$@"; }
for ((n = 0; n < ${PATIENCE}; n++)); do
  list=$(ask ${`http://docker/containers/json?all=1&filters=${FILTER}`}) || exit
  [[ $list == *'(health: starting)'* ]] || break
  sleep 1
done
printf '%s\0' "$list"
ids=$(grep -oE '"Id":"[0-9a-f]{64}"' <<<"$list" | cut -d'"' -f4)
[ -z "$ids" ] || ask $(printf 'http://docker/containers/%s/json ' $ids) | grep -oE '"Id":"[0-9a-f]{64}"|"RestartPolicy":\{"Name":"[^"]*"|"Memory":-?[0-9]+'
printf '\0'
for key in ${keys}; do
  ref=; { read -r ref || :; } 2>/dev/null <"\${key#* }/.ref"
  printf '%s\0' "$ref"
done
controllers=; { read -r controllers </sys/fs/cgroup/cgroup.controllers; } 2>/dev/null
[[ " $controllers " != *' memory '* && ! -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]] || printf memory`,
  parse: (stdout, keys) => {
    if (stdout === '') return new Map(keys.map((key) => [key, {}]))
    const [list = '', inspected = '', ...rest] = stdout.split('\0')
    const all = z.array(Container).parse(JSON.parse(list))
    const host = { limits: limitsOf(inspected), honoured: rest[keys.length] === 'memory' }
    return new Map(keys.map((key, index) => [key, answer(key, all, host, rest[index] ?? '')]))
  },
})

/**
 * A project's containers: `SERVICE` is its condition, and beside it are `SERVICE image`, `SERVICE definition` and
 * `SERVICE limits` (the latter two of those that carry our labels).
 */
export const containers = ({ name, dir }: Project): Probe<State> => projects(`${name} ${dir}`)
