import * as z from 'zod'
import { type Found, find, type Node, type Step } from './node.ts'
import type { Place, Problem } from './problem.ts'
import { hint } from './suggest.ts'
import { allowed, knownKeys } from './words.ts'

type Issue = z.core.$ZodIssue

/** A tree to explain the issues of, what to call its root, and where that is when the tree has no key of its own. */
export interface Subject {
  readonly root: Node
  readonly name: string
  readonly at: Place
}

/** Checks a value against a schema; issues come back as problems at the places where the values were written. */
export const check = <T>(
  schema: z.ZodType<T>,
  value: unknown,
  subject: Subject,
): { value: T } | { problems: Problem[] } => {
  const result = schema.safeParse(value, { error: allowed })
  return result.success
    ? { value: result.data }
    : { problems: result.error.issues.flatMap((issue) => explain(issue, subject, [])) }
}

const explain = (issue: Issue, subject: Subject, above: readonly Step[]): Problem[] => {
  const path = [...above, ...issue.path]
  const there = find(subject.root, path, subject.at)
  const name = showPath(subject.name, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        ...find(subject.root, [...path, key], subject.at).key,
        message: `unknown key ${JSON.stringify(key)} in ${name || 'an inventory'}${hint(key, knownKeys(issue))}`,
      }))
    case 'invalid_union': {
      const close = closest(issue.errors)
      if (issue.message === '' && close !== undefined) return close.flatMap((inner) => explain(inner, subject, path))
      return [{ ...there.at, message: `${name} ${state(there, issue)}; ${issue.message || alternatives(issue)}` }]
    }
    case 'invalid_key':
    case 'invalid_element': {
      const rules = issue.issues.map((inner) => inner.message).join('; ')
      return [{ ...there.key, message: `${name} has a bad name; ${rules}` }]
    }
    case 'custom':
    case 'invalid_format':
    case 'invalid_type':
    case 'invalid_value':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
      return [{ ...there.at, message: `${name} ${state(there, issue)}; ${issue.message}${quoting(there, issue)}` }]
  }
}

/** Of a union's branches, the one that the author most likely meant: it fits on the outside and fails further in. */
const closest = (branches: readonly Issue[][]): Issue[] | undefined =>
  branches
    .filter((issues) => issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'))
    .sort((a, b) => a.length - b.length)[0]

const alternatives = (issue: z.core.$ZodIssueInvalidUnion): string => {
  if ('options' in issue && issue.options) return `allowed: ${issue.options.map(String).join(', ')}`
  const each = issue.errors.flatMap((issues) => issues.map(({ message }) => message.replace(/^allowed: /, '')))
  return `allowed: ${[...new Set(each)].join(', or ') || 'something else'}`
}

/** What was found, in the words of a YAML file's author. */
const state = ({ node }: Found, issue: Issue): string => {
  if (node === undefined) return 'is missing'
  if (node.kind === 'scalar') {
    if (node.value === null) return 'is empty'
    if (hidden(issue)) return `is plain ${typeof node.value === 'string' ? 'text' : typeof node.value}`
    if (typeof node.value !== 'string') return `is ${node.source}`
    const [text, more] = node.value.length > 60 ? [node.value.slice(0, 60), '…'] : [node.value, '']
    return `is ${JSON.stringify(text)}${more}`
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') return 'has the wrong length'
  return node.kind === 'map' || node.kind === 'list' ? `is a ${node.kind}` : 'is a secret'
}

/** Whether the value may be a secret that someone wrote down by mistake: it is not repeated then. */
const hidden = ({ path }: Issue): boolean => /pass|secret|token|credential/i.test(String(path.at(-1) ?? ''))

/** YAML reads `1.10` as 1.1 and `"22"` as text: what to do about it. */
const quoting = ({ node }: Found, issue: Issue): string => {
  if (issue.code !== 'invalid_type' || node?.kind !== 'scalar') return ''
  const { value, source } = node
  if (issue.expected === 'string' && value !== null && typeof value !== 'string') {
    return hidden(issue) ? '; quote it' : `; quote it: '${source}'`
  }
  const wantsNumber = issue.expected === 'number' || issue.expected === 'int'
  return wantsNumber && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? '; write it without quotes' : ''
}

const showPath = (start: string, path: readonly Step[]): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const key = String(step)
    if (!/^[\w-]+$/.test(key)) return `${text}[${JSON.stringify(key)}]`
    return text === '' ? key : `${text}.${key}`
  }, start)
