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
  const hosts = [...inventory.hosts.keys()]
  if (hosts.length === 0) throw new PatternError('the inventory has no hosts')
  const problems: string[] = []

  /** The hosts that one part of the pattern means. Only an exclusion may mean a group without hosts. */
  const meant = (part: string, exclusion: boolean): readonly string[] => {
    if (!/^[A-Za-z0-9._*?-]+$/.test(part)) {
      problems.push(`${JSON.stringify(part)} cannot be part of a pattern; ${rule}`)
      return []
    }
    if (part === 'all') return hosts
    const groups = [...inventory.groups].filter(([name]) => matches(part, name))
    const found = [...hosts.filter((name) => matches(part, name)), ...groups.flatMap(([, members]) => members)]
    if (found.length > 0 || (exclusion && groups.length > 0)) return found
    const known = ['all', ...inventory.groups.keys(), ...hosts]
    problems.push(
      groups.length > 0
        ? `the group ${part} has no hosts`
        : `no host or group is called ${JSON.stringify(part)}; ${hint(part, known, 'known')}`,
    )
    return []
  }

  const parts = pattern.split(',').map((part) => part.trim())
  const wanted = parts.filter((part) => !part.startsWith('!'))
  const unwanted = parts.filter((part) => part.startsWith('!')).map((part) => part.slice(1))
  const included = new Set(wanted.length === 0 ? hosts : wanted.flatMap((part) => meant(part, false)))
  const excluded = new Set(unwanted.flatMap((part) => meant(part, true)))
  const selected = hosts.filter((name) => included.has(name) && !excluded.has(name))
  if (problems.length === 0 && selected.length === 0) problems.push(`${JSON.stringify(pattern)} leaves no host`)
  if (problems.length > 0) throw new PatternError(problems.join('\n'))
  return selected
}

/** Whether a name fits a glob, of which only `*` and `?` are special. */
const matches = (glob: string, name: string): boolean => {
  if (!/[*?]/.test(glob)) return glob === name
  const source = glob.replace(/\./g, '\\.').replace(/\*+/g, '.*').replace(/\?/g, '.')
  return new RegExp(`^${source}$`).test(name)
}
