import { createHash, createHmac } from 'node:crypto'
import { type MaybeSecret, Secret } from '../../lib/index.ts'
import type { JsonObject } from '../json.ts'

/** The label that each of our containers carries: what it was made from. */
export const LABEL = 'trueup.definition'

/** The label with the restart policy and the most bytes of memory (0: no limit), which can be changed behind the definition's back. */
export const LIMITS = 'trueup.limits'

export type Environment = Readonly<Record<string, MaybeSecret>>

const reveal = (value: MaybeSecret): string => (value instanceof Secret ? value.reveal() : value)

/** `${NAME}`, `${NAME:?…}` and `$NAME` of the compose file (Compose specification, interpolation); `$$` is just a dollar. */
const names = (text: string): Set<string> =>
  new Set([...text.replaceAll('$$', '').matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name]) => name ?? ''))

/**
 * What a service is made from, as one short word for its label. The variables that it uses are the key of an HMAC: nobody
 * can try out one password on it without knowing all of them.
 *
 * @param service - the service as it stands in the compose file, before interpolation
 * @param environment - the variables of the project
 * @param all - the service gets the whole environment (`env_file`)
 */
export const definition = (service: JsonObject, environment: Environment, all = false): string => {
  const text = JSON.stringify(service)
  const used = names(text)
  const values = Object.entries(environment).flatMap(([name, value]) =>
    all || used.has(name) ? [[name, reveal(value)] as const] : [],
  )
  const hash = values.length === 0 ? createHash('sha256') : createHmac('sha256', JSON.stringify(values.sort()))
  return hash.update(text).digest('hex').slice(0, 16)
}

/** What a container of ours carries. */
export const labels = (service: {
  readonly definition: string
  readonly restart: string
  readonly memory?: number
}): Readonly<Record<string, string>> => ({
  [LABEL]: service.definition,
  [LIMITS]: `${service.restart} ${service.memory ?? 0}`,
})
