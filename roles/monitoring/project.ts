import type { Secret, Site } from '../../lib/index.ts'
import * as compose from '../../tasks/compose.ts'
import type { JsonObject } from '../../tasks/json.ts'
import { monitoringServices, sharedBy } from '../../templates/monitoring/compose.ts'
import { SERVICES, type ServiceName } from '../../templates/monitoring/ports.ts'
import { yaml } from '../../templates/monitoring/yaml.ts'
import type { Passwords } from './beside.ts'
import type { Vars } from './vars.ts'

const MB = 1024 * 1024
const FILE = 'docker-compose.monitoring.yml'

/** The services that there is something to see for. */
export const servicesOf = ({ watch }: Vars): readonly ServiceName[] =>
  SERVICES.filter((name) => {
    const what = name.replace('-exporter', '')
    return !(what in watch) || watch[what as keyof typeof watch]
  })

/** The variables of the project, for its .env. */
const environment = ({ grafana }: Vars, { postgres, redis }: Passwords): Readonly<Record<string, Secret>> => ({
  GRAFANA_PASSWORD: grafana.password,
  ...(postgres && { POSTGRES_PASSWORD: postgres }),
  ...(redis && { REDIS_PASSWORD: redis }),
})

/** Which containers there are, for whoever restarts one. */
export const containersOf = ({ project, dir }: Site): compose.Project => ({ name: `${project}-monitoring`, dir })

/**
 * The compose file, and what its services are wanted to be once they run: a project of its own, since whatever else is
 * found in the stack's is removed from there.
 */
export const project = (vars: Vars, site: Site, passwords: Passwords) => {
  const names = servicesOf(vars)
  const variables = environment(vars, passwords)
  const services = monitoringServices({ ...site, ...vars, days: vars.keep.metrics }, names)
  const wanted = Object.fromEntries(
    names.map((name): [string, compose.Service] => {
      const service = services[name] ?? {}
      return [
        name,
        {
          image: vars.images[name],
          definition: compose.definition(service, variables),
          healthy: 'healthcheck' in service,
          restart: 'unless-stopped',
          memory: vars.memory[name] * MB,
        },
      ]
    }),
  )
  const labelled = Object.fromEntries(
    Object.entries(services).map(([name, service]): [string, JsonObject] => [
      name,
      { ...service, labels: compose.labels(wanted[name] as compose.Service) },
    ]),
  )
  return {
    variables,
    path: `${site.dir}/${FILE}`,
    file: yaml({ services: labelled, ...sharedBy(site.project, names) }),
    options: {
      ...containersOf(site),
      files: [FILE],
      environmentFiles: ['monitoring/.env'],
      network: `${site.project}-monitoring`,
      wait: vars.wait,
      services: wanted,
      exactly: true,
    } satisfies compose.ProjectOptions,
  }
}
