import * as z from 'zod'
import type { Role } from '../lib/language/role.ts'
import { InventoryFile, Vars } from './schema.ts'

type Json = z.core.JSONSchema.BaseSchema

const options = { io: 'input', target: 'draft-07', unrepresentable: 'any' } as const

/** The inventory's JSON schema (draft-07), with the variables of these roles: editors complete and check from it. */
export const inventorySchema = (roles: readonly Role[]): Json => {
  const file = z.toJSONSchema(InventoryFile, {
    ...options,
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema !== Vars) return
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      jsonSchema.$ref = '#/definitions/vars'
    },
  })
  return { ...file, definitions: { vars: rolesSchema(roles) } }
}

/** Variables by role. They come in layers that add up to what a role needs, so that no layer must have all of it. */
const rolesSchema = (roles: readonly Role[]): Json => {
  const byRole = z.strictObject(Object.fromEntries(roles.map((role) => [role.name, role.vars])))
  const { $schema: _, ...json } = z.toJSONSchema(byRole.describe(Vars.description ?? ''), {
    ...options,
    override: ({ jsonSchema, path }) => {
      // A list is replaced as a whole, so that what is in one must be all there.
      if (!path.includes('items')) delete jsonSchema.required
    },
  })
  return json
}
