import type * as z from 'zod'
import type { Found } from './node.ts'

type Issue = z.core.$ZodIssue

/** What was found, in the words of a YAML file's author. */
export const state = ({ node }: Found, issue: Issue): string => {
  if (node === undefined) return 'is missing'
  if (node.kind === 'scalar') {
    if (node.value === null) return 'is empty'
    if (hidden(issue)) return typeof node.value === 'string' ? 'is plain text' : `is a plain ${typeof node.value}`
    if (typeof node.value !== 'string') return `is ${node.source}`
    const [text, more] = node.value.length > 60 ? [node.value.slice(0, 60), '…'] : [node.value, '']
    return `is ${JSON.stringify(text)}${more}`
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') return 'has the wrong length'
  if (issue.code === 'custom' && node.kind !== 'secret' && node.kind !== 'text') return 'is wrong'
  if (node.kind === 'text') return 'is joined text'
  return `is a ${node.kind}`
}

/** Whether the value may be a secret that someone wrote down by mistake: it is not repeated then. */
const hidden = ({ path }: Issue): boolean =>
  path.some((step) => /pass|secret|token|credential|api_?key|_key$|private|dsn/i.test(String(step)))

/** YAML reads `1.10` as 1.1 and `"22"` as text: what to do about it. */
export const quoting = ({ node }: Found, issue: Issue): string => {
  if (node?.kind !== 'scalar') return ''
  const { value, source } = node
  const types = wanted(issue)
  if (types.includes('string') && value !== null && typeof value !== 'string') {
    return hidden(issue) ? '; quote it' : `; quote it: '${source}'`
  }
  const number = types.includes('number') || types.includes('int')
  return number && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? '; write it without quotes' : ''
}

/** The types that would have been right. */
const wanted = (issue: Issue): readonly string[] => {
  if (issue.code === 'invalid_union')
    return issue.errors.flatMap((errors) => errors.filter(({ path }) => path.length === 0).flatMap(wanted))
  return issue.code === 'invalid_type' ? [issue.expected] : []
}
