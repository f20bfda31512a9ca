import type { CollectionTag, ErrorCode, ScalarTag, YAMLError } from 'yaml'

/** How each of our tags is written. */
const usage = {
  '!secret': 'one name: !secret postgres_password',
  '!file': 'a path: !file origin.key',
  '!join': "a list: !join [ 'text', !secret name ]",
  '!url': 'a list: !url [ !secret name ]',
} as const

type TagName = keyof typeof usage

/** The tags of an inventory, for yaml; what they mean is read from the tree afterwards. */
export const customTags: (ScalarTag | CollectionTag)[] = [
  { tag: '!secret', resolve: (text) => text },
  { tag: '!file', resolve: (text) => text },
  { tag: '!join', collection: 'seq', resolve: (list: unknown) => list },
  { tag: '!url', collection: 'seq', resolve: (list: unknown) => list },
]

const isOurs = (tag: string): tag is TagName => Object.hasOwn(usage, tag)

/** What to do about yaml's commonest complaints, in fewer words than the specification's. */
const advice: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'a tab is used as indentation; use spaces',
  MULTIPLE_DOCS: "a second document begins here (---); an inventory is one document, remove what doesn't belong",
  BLOCK_AS_IMPLICIT_KEY: "a value cannot contain ': ' or begin a map on the same line; quote it, or use a new line",
  NON_STRING_KEY: 'a key must be plain text',
  BAD_SCALAR_START: 'a value cannot begin with @ or `; quote it',
}

/** What yaml found wrong, and what is allowed. */
export const explainSyntax = (error: YAMLError, source: string): string => {
  if (error.code === 'TAG_RESOLVE_FAILED' || error.code === 'BAD_COLLECTION_TYPE') {
    const tag = source.slice(...error.pos)
    return isOurs(tag) ? `${tag} takes ${usage[tag]}` : `unknown tag ${tag}; allowed: !secret, !file, !join and !url`
  }
  return advice[error.code] ?? `not valid YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`
}

/** What is wrong with a number as it is written: YAML 1.2 reads `0644` as 644, and digits beyond 2^53 get lost. */
export const explainNumber = (source: string, value: number): string | undefined => {
  if (/^[-+]?0o?[0-9]+$/.test(source))
    return `${source} is read as the number ${value}; quote it: '${source.replace('0o', '0')}'`
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `${source} is too big for a number and would be read as ${value}; quote it: '${source}'`
  }
  return undefined
}
