import type { Inventory } from './load.ts'
import { hint } from './suggest.ts'

/** A pattern of hosts that cannot be used, with the reason; one line for each part that is wrong. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

const rule = 'a pattern is host names, groups, globs (web*) and !exclusions, separated by commas'

/**
 * The hosts that a pattern selects, in the order of the inventory. Exclusions win wherever they stand; a pattern of
 * exclusions alone is about all hosts.
 *
 * @throws PatternError when a part of the pattern is malformed or means no host
 */
export const selectHosts = (inventory: Pick<Inventory, 'hosts' | 'groups'>, pattern: string): string[] => {
  const names = [...inventory.hosts.keys()]
  const sets = new Map<string, readonly string[]>([
    ['all', names],
    ...inventory.groups,
    ...names.map((name): [string, string[]] => [name, [name]]),
  ])
  const problems: string[] = []

  const members = (part: string): string[] => {
    if (!/^[A-Za-z0-9._*?-]+$/.test(part)) {
      problems.push(`${JSON.stringify(part)} cannot be part of a pattern; ${rule}`)
      return []
    }
    const matching = [...sets.keys()].filter((name) => matches(part, name))
    const found = matching.flatMap((name) => sets.get(name) ?? [])
    if (found.length === 0) {
      const why =
        matching.length > 0 ? `the group ${part} has no hosts` : `no host or group is called ${JSON.stringify(part)}`
      problems.push(why + hint(part, [...sets.keys()], 'known'))
    }
    return found
  }

  const parts = pattern.split(',').map((part) => part.trim())
  const wanted = parts.filter((part) => !part.startsWith('!'))
  const included = new Set(wanted.length === 0 ? names : wanted.flatMap(members))
  const excluded = new Set(parts.filter((part) => part.startsWith('!')).flatMap((part) => members(part.slice(1))))
  const selected = names.filter((name) => included.has(name) && !excluded.has(name))
  if (problems.length === 0 && selected.length === 0)
    problems.push(`${JSON.stringify(pattern)} excludes every host that it selects`)
  if (problems.length > 0) throw new PatternError(problems.join('\n'))
  return selected
}

/** Whether a name fits a glob, of which only `*` and `?` are special. */
const matches = (glob: string, name: string): boolean => {
  if (!/[*?]/.test(glob)) return glob === name
  const source = glob.replace(/\./g, '\\.').replace(/\*+/g, '.*').replace(/\?/g, '.')
  return new RegExp(`^${source}$`).test(name)
}
