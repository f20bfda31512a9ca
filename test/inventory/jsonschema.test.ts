import { expect, test } from 'vitest'
import * as z from 'zod'
import { inventorySchema } from '../../inventory/jsonschema.ts'
import { role } from '../../lib/language/role.ts'
import { maybeSecret, secret } from '../../lib/language/zod.ts'

const app = role({
  name: 'app',
  vars: z.strictObject({
    image: z.string().describe('the image to run'),
    password: secret().describe('the password'),
    env: z.record(z.string(), maybeSecret()).default({}),
    sizes: z.array(z.strictObject({ width: z.number() })).default([]),
  }),
  tasks: () => [],
})
const ufw = role({ name: 'ufw', vars: z.strictObject({}), tasks: () => [] })

const schema = inventorySchema([app, ufw])

test('is draft-07, and plain JSON', () => {
  expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#')
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
})

test('describes every field', () => {
  const bare: string[] = []
  const walk = (node: unknown, path: string) => {
    if (typeof node !== 'object' || node === null) return
    if ('properties' in node && typeof node.properties === 'object') {
      for (const [key, value] of Object.entries(node.properties ?? {})) {
        const described = typeof value === 'object' && value !== null && ('description' in value || 'allOf' in value)
        if (!described) bare.push(`${path}.${key}`)
      }
    }
    for (const [key, value] of Object.entries(node)) if (key !== 'definitions') walk(value, `${path}.${key}`)
  }
  walk(schema, '')
  expect(bare).toEqual([])
})

test('knows the variables of the roles wherever they may stand, and needs none of them in one place', () => {
  const text = JSON.stringify(schema)
  expect(text.match(/#\/definitions\/vars/g)).toHaveLength(3)
  expect(schema).toMatchObject({ required: ['hosts'], additionalProperties: false })
  expect(schema).toHaveProperty('definitions.vars', {
    description: expect.stringContaining('Variables by role'),
    type: 'object',
    additionalProperties: false,
    properties: {
      ufw: { type: 'object', properties: {}, additionalProperties: false },
      app: {
        type: 'object',
        additionalProperties: false,
        properties: {
          image: { type: 'string', description: 'the image to run' },
          password: { anyOf: [{ type: 'string' }, { type: 'string', minLength: 1 }], description: 'the password' },
          env: {
            type: 'object',
            propertyNames: { type: 'string' },
            additionalProperties: { type: 'string' },
            default: {},
          },
          sizes: {
            type: 'array',
            items: {
              type: 'object',
              properties: { width: { type: 'number' } },
              required: ['width'],
              additionalProperties: false,
            },
            default: [],
          },
        },
      },
    },
  })
})
