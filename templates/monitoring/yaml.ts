import { stringify } from 'yaml'
import type { JsonObject } from '../../tasks/json.ts'

export const MANAGED = '# Managed by trueup: changes made here are put back.\n'

/** A configuration in YAML: long lines stay whole, and texts that YAML would read as something else are quoted. */
export const yaml = (content: JsonObject): string => `${MANAGED}${stringify(content, { lineWidth: 0 })}`
