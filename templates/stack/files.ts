import { stringify } from 'yaml'
import type { JsonObject } from '../../tasks/json.ts'

const HEADER = '# Managed by trueup: changes made here are put back.\n'

/** A compose file: long lines stay whole, and texts that YAML would read as something else are quoted. */
export const composeFile = (content: JsonObject): string => `${HEADER}${stringify(content, { lineWidth: 0 })}`

/** The project's network, and its volumes by the names that the server's description gives them. */
export const shared = (project: string, volumes: readonly string[]): JsonObject => ({
  networks: { default: { name: project } },
  volumes: Object.fromEntries(volumes.map((name) => [name, { name: `${project}_${name}` }])),
})
