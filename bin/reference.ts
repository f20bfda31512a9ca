/** Writes docs/roles.md from the roles' own schemas; `--check` fails when the page is not current. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { roles } from '../roles/index.ts'

interface Schema {
  readonly type?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly default?: unknown
  readonly description?: string
  readonly pattern?: string
  readonly format?: string
}

const kind = ({ enum: choices, anyOf, items, type, pattern, format }: Schema): string => {
  if (choices !== undefined) return choices.map((one) => `\`${String(one)}\``).join(' or ')
  if (anyOf !== undefined) return [...new Set(anyOf.map(kind))].join(' or ')
  if (items !== undefined) return `list of ${kind(items)}`
  if (format !== undefined) return format
  return type === 'object'
    ? 'map'
    : pattern === undefined
      ? String(type)
      : `text like \`${pattern.replaceAll('|', '\\|')}\``
}

const short = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

const rows = (schema: Schema, prefix = ''): string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    if (value.properties !== undefined) return rows(value, `${prefix}${name}.`)
    const initial = value.default === undefined ? '' : `\`${short(value.default).replaceAll('|', '\\|')}\``
    return [`| \`${prefix}${name}\` | ${kind(value)} | ${initial} | ${value.description ?? ''} |`]
  })

/** The page. */
export const reference = (): string =>
  [
    '# Roles and their variables',
    '',
    'Written by `npm run reference` from the roles’ schemas. Variables stand under `vars.ROLE` of the inventory, of a group or of a host.',
    ...roles.flatMap(({ name, vars }) => {
      const schema = z.toJSONSchema(vars, { io: 'input', unrepresentable: 'any' }) as Schema
      return ['', `## ${name}`, '', '| variable | type | default | |', '|---|---|---|---|', ...rows(schema)]
    }),
    '',
  ].join('\n')

const page = fileURLToPath(new URL('../docs/roles.md', import.meta.url))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) writeFileSync(page, reference())
  else if (readFileSync(page, 'utf8') !== reference()) {
    console.error('docs/roles.md is not current: npm run reference')
    process.exitCode = 1
  }
}
