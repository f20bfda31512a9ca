import { type Claim, derive, type Fact, type State, type Task, task, tells } from '../lib/index.ts'
import { containers, type Project } from './compose/containers.ts'
import { bring } from './compose/up.ts'

export { containers, DEPLOYED, type Project } from './compose/containers.ts'
export { definition, type Environment, labels } from './compose/definition.ts'
export { restarted } from './compose/restart.ts'

/** What is wanted of one service. */
export interface Service {
  /** As in the compose file; `DEPLOYED` in it stands for the commit that is deployed. */
  readonly image: string
  /** Made by {@link definition}, and the value of the service's label. */
  readonly definition: string
  /** Has a health check: it must be healthy, not just running. */
  readonly healthy: boolean
  readonly restart: 'always' | 'unless-stopped' | 'no'
  /** The most memory, in bytes. */
  readonly memory?: number
  /** Built on the host, so that no registry has it. */
  readonly built?: boolean
}

export type Services = Readonly<Record<string, Service>>

export interface ProjectOptions extends Project {
  /** Compose files and files of variables, relative to the folder; of the latter also such as may not be there. */
  readonly files: readonly string[]
  readonly environmentFiles: readonly string[]
  /** The name of the network that the services share. */
  readonly network: string
  readonly services: Services
  /** Services whose containers are left as they are where somebody else made them: they hold data. */
  readonly precious?: readonly string[]
  /** Seconds for everything to become healthy. */
  readonly wait: number
  readonly title?: string
  /** Containers of other services of the project are removed. */
  readonly exactly?: boolean
  /** What else holds once everything is up, given what was found. */
  readonly provides?: (found: State) => readonly Claim[]
}

const wanted = (name: string, service: Service): State => ({
  [name]: service.healthy ? 'healthy' : 'running',
  [`${name} image`]: service.image,
  [`${name} definition`]: service.definition,
  [`${name} limits`]: 'as made',
})

const wants = (services: Services): State =>
  Object.assign({}, ...Object.entries(services).map(([name, service]) => wanted(name, service)))

/** What services are once they are up, for what else brings them up. */
export const running = (project: Project, services: Services): Fact => containers(project).is(wants(services))

/** Those of the precious services that run and that somebody else has made: they carry no label of ours. */
export const foreign = (state: State, precious: readonly string[]): readonly string[] =>
  precious.filter((name) => typeof state[name] === 'string' && typeof state[`${name} definition`] !== 'string')

/** What is wanted of services that are left as they are: that they run. */
const left = (state: State, names: readonly string[]): State =>
  Object.fromEntries(
    names.flatMap((name) => [
      [name, ['running', 'healthy'].includes(String(state[name])) ? (state[name] ?? null) : 'running'] as const,
      [`${name} image`, state[`${name} image`] ?? null] as const,
    ]),
  )

/**
 * The project's containers are there, made from these definitions, and healthy. Images are fetched before anything is
 * made anew; where something does not become healthy in time, the files that were good the last time are put back.
 */
export const up = (options: ProjectOptions): Task => {
  const { name, services, precious = [], exactly = false, title = `compose ${name} up`, wait } = options
  const probe = containers(options)
  return derive({
    title,
    from: probe,
    reads: [],
    make: (found) => {
      const staying = foreign(found, precious)
      const ours = Object.fromEntries(Object.entries(services).filter(([service]) => !staying.includes(service)))
      const want = { ...wants(ours), ...left(found, staying) }
      return task({
        title,
        want: exactly ? probe.exactly(want) : probe.is(want),
        apply: ({ now, keys }) => bring(options, now, keys, staying),
        timeout: 1800 + 2 * wait,
        ...(options.provides && { provides: options.provides(found) }),
      })
    },
  })
}

/**
 * Warns of containers with data that somebody else has started: they serve, and are left as they are.
 *
 * @param how - what allows them to be made anew, as the inventory's owner would write it
 */
export const tellsForeign = (project: Project, precious: readonly string[], how: string): Task =>
  tells({
    title: `databases of ${project.name} are ours`,
    from: containers(project),
    say: (found) => {
      const staying = foreign(found, precious)
      return staying.length === 0
        ? undefined
        : `${staying.join(', ')}: started by somebody else, and left as they are; ${how} makes them anew from these settings (their data stays in its volumes)`
    },
  })
