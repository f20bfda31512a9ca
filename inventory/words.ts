import * as z from 'zod'
import { hint } from './suggest.ts'

type RawIssue = z.core.$ZodRawIssue

const types: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
}

/** `3 characters`, `1 entry`; numbers are only themselves. */
const amount = (origin: string, count: number | bigint): string => {
  if (origin === 'string') return `${count} character${Number(count) === 1 ? '' : 's'}`
  return ['array', 'set', 'map'].includes(origin) ? `${count} ${Number(count) === 1 ? 'entry' : 'entries'}` : `${count}`
}

/** The keys that a map may have, by the very list of unknown keys that zod reports about it. */
const known = new WeakMap<readonly string[], readonly string[]>()

/** The keys that would have been allowed. */
export const knownKeys = ({ keys }: z.core.$ZodIssueUnrecognizedKeys): readonly string[] => known.get(keys) ?? []

/** Says what is allowed, where the schema has no words of its own for it. An error map for zod. */
export const allowed: z.core.$ZodErrorMap = (issue: RawIssue): string => {
  const about = issue.schema instanceof z.ZodType ? issue.schema.description : undefined
  if (issue.input === undefined && about) return `wanted: ${about}`
  switch (issue.code) {
    case 'unrecognized_keys':
      if (issue.inst instanceof z.ZodObject) known.set(issue.keys, Object.keys(issue.inst.shape))
      return ''
    case 'invalid_type':
      return `allowed: ${types[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return hint(String(issue.input), issue.values.map(String))
    case 'too_small':
      return `allowed: ${issue.inclusive ? 'at least' : 'more than'} ${amount(issue.origin, issue.minimum)}`
    case 'too_big':
      return `allowed: ${issue.inclusive ? 'at most' : 'less than'} ${amount(issue.origin, issue.maximum)}`
    case 'not_multiple_of':
      return `allowed: multiples of ${issue.divisor}`
    case 'invalid_format':
      return issue.format === 'regex' ? `allowed: text that matches ${issue.pattern}` : `allowed: ${issue.format}`
    case 'invalid_union':
      return ''
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
      return 'not a valid value'
  }
}
