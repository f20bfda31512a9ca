import { inventorySchema } from '../../inventory/jsonschema.ts'
import type { Program } from './main.ts'
import type { Invocation } from './options.ts'

/** Prints the JSON schema of inventories, for editors. */
export const schema = async (_: Invocation, { roles }: Program): Promise<number> => {
  process.stdout.write(`${JSON.stringify(inventorySchema(roles), undefined, 2)}\n`)
  return 0
}
