import { type Site } from '../../lib/index.ts'
import * as compose from '../../tasks/compose.ts'
import type { JsonObject } from '../../tasks/json.ts'
import { baseServices } from '../../templates/stack/base.ts'
import { composeFile, shared } from '../../templates/stack/files.ts'
import { prodServices } from '../../templates/stack/prod.ts'
import { DATABASES, SERVICES, SIZES, type ServiceName } from '../../templates/stack/sizes.ts'
import type { Vars } from './vars.ts'

const MB = 1024 * 1024
const VOLUMES = ['postgres', 'neo4j', 'milvus', 'minio', 'etcd', 'redis', 'mongo', 'lidar'].map((one) => `${one}_data`)

/** The variables of the project: what Compose itself reads first, then the inventory's. */
export const environment = ({ env }: Vars, { project }: Site): compose.Environment => ({
  COMPOSE_PROJECT_NAME: project,
  COMPOSE_FILE: 'docker-compose.yml:docker-compose.prod.yml',
  ...env,
})

/** The compose files, and what their services are wanted to be once they run. */
export const stack = (vars: Vars, site: Site) => {
  const size = SIZES[vars.size]
  const base = baseServices({ ...vars, project: site.project })
  const prod = prodServices({ ...vars, size })
  const variables = environment(vars, site)

  const service = (name: ServiceName): compose.Service => {
    const [from, more] = [base[name] ?? {}, prod[name] ?? {}]
    return {
      image: String(from['image']).replace(/\$\{APP_REF.*\}/, compose.DEPLOYED),
      definition: compose.definition({ from, more }, variables, 'env_file' in from),
      healthy: 'healthcheck' in from,
      restart: 'always',
      memory: size.memory[name].limit * MB,
      built: 'build' in from || name === 'celery-worker',
    }
  }
  const services = Object.fromEntries(SERVICES.map((name) => [name, service(name)]))
  const labelled = Object.entries(base).map(([name, one]): [string, JsonObject] => [
    name,
    { ...one, labels: compose.labels(services[name] as compose.Service) },
  ])
  const only = (names: readonly string[]) =>
    Object.fromEntries(Object.entries(services).filter(([name]) => names.includes(name)))
  return {
    variables,
    base: composeFile({ services: Object.fromEntries(labelled), ...shared(site.project, VOLUMES) }),
    prod: composeFile({ services: prod }),
    services,
    databases: only(DATABASES),
    application: only(SERVICES.filter((name) => !DATABASES.some((one) => one === name))),
    project: {
      name: site.project,
      dir: site.dir,
      files: ['docker-compose.yml', 'docker-compose.prod.yml'],
      environmentFiles: ['.env', '.ref.env'],
      network: site.project,
      wait: vars.wait,
      precious: vars.adopt ? [] : DATABASES,
    },
    memory: Object.values(size.memory),
  }
}
