import * as z from 'zod'
import { quoting, state } from './found.ts'
import { find, type Node, type Step } from './node.ts'
import type { Place, Problem } from './problem.ts'
import { hint } from './suggest.ts'
import { allowed, knownKeys } from './words.ts'

type Issue = z.core.$ZodIssue

/** A tree to explain the issues of, what to call its root, and where that is when the tree has no key of its own. */
interface Subject {
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
  if (result.success) return { value: result.data }
  const findings = result.error.issues.flatMap((issue) => explain(issue, subject, []))
  // What an anchor holds is wrong once, however many aliases there are.
  const told = new Set<string>()
  const problems = findings.flatMap(({ at, name, text }) => {
    const id = `${at.line}:${at.column} ${text}`
    if (told.has(id)) return []
    told.add(id)
    return [{ ...at, message: `${name || 'the inventory'} ${text}` }]
  })
  return { problems }
}

/** What is wrong: with what, and where that is. */
interface Finding {
  readonly at: Place
  readonly name: string
  readonly text: string
}

const explain = (issue: Issue, subject: Subject, above: readonly Step[]): Finding[] => {
  const path = [...above, ...issue.path]
  const there = find(subject.root, path, subject.at)
  const name = showPath(subject.name, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        at: find(subject.root, [...path, key], subject.at).key,
        name,
        text: `has an unknown key ${JSON.stringify(key)}; ${hint(key, knownKeys(issue))}`,
      }))
    case 'invalid_union': {
      const close = closest(issue.errors)
      if (issue.message === '' && close !== undefined) return close.flatMap((inner) => explain(inner, subject, path))
      return [
        {
          at: there.at,
          name,
          text: `${state(there, issue)}; ${issue.message || alternatives(issue)}${quoting(there, issue)}`,
        },
      ]
    }
    case 'invalid_key':
    case 'invalid_element': {
      const rules = issue.issues.map((inner) => inner.message).join('; ')
      return [{ at: there.key, name, text: `has a bad name; ${rules}` }]
    }
    case 'custom':
    case 'invalid_format':
    case 'invalid_type':
    case 'invalid_value':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
      return [{ at: there.at, name, text: `${state(there, issue)}; ${issue.message}${quoting(there, issue)}` }]
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

const showPath = (start: string, path: readonly Step[]): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const key = String(step)
    if (!/^[\w-]+$/.test(key)) return `${text}[${JSON.stringify(key)}]`
    return text === '' ? key : `${text}.${key}`
  }, start)
