import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { check } from './explain.ts'
import type { InventoryHost } from './host.ts'
import { toHosts } from './hosts.ts'
import { find, type MapNode, type Step } from './node.ts'
import { InventoryError, type Place } from './problem.ts'
import { readYaml } from './read.ts'
import { InventoryFile } from './schema.ts'
import { type Env, type Secrets, secretsBeside } from './secrets.ts'
import { crossCheck, withEmptyMaps } from './structure.ts'
import { plain } from './value.ts'

/** An inventory that has passed its checks. What the roles make of the variables is theirs to say. */
export interface Inventory {
  /** An absolute path. */
  readonly file: string
  /** In the order of the file. */
  readonly hosts: ReadonlyMap<string, InventoryHost>
  /** Every group that is declared or used, with the names of its hosts. */
  readonly groups: ReadonlyMap<string, readonly string[]>
  readonly secrets: Secrets
  /** The file as it is written. */
  readonly root: MapNode
}

/** The inventory that is used when none is named. */
export const defaultInventory = (env: Env): string => env['TRUEUP_INVENTORY'] || 'inventory/production.yml'

/** Where a value of the inventory's file is written: `locate(inventory, ['hosts', 'web1', 'port'])`. */
export const locate = (inventory: Inventory, path: readonly Step[]): Place | undefined => {
  const { at, node } = find(inventory.root, path)
  return node && at
}

/**
 * Reads an inventory and checks it. No secret is looked up, and nothing is connected to.
 *
 * @throws InventoryError with every problem of the file
 */
export const loadInventory = (file: string, { env }: { readonly env: Env }): Inventory => {
  const path = resolve(file)
  const yaml = readYaml(path, readText(path))
  if (yaml.root === undefined) throw new InventoryError(yaml.problems)
  if (yaml.root.kind !== 'map') {
    throw new InventoryError([
      { ...yaml.root.at, message: 'not an inventory; it begins with hosts:' },
      ...yaml.problems,
    ])
  }
  const root = withEmptyMaps(yaml.root)
  const checked = check(InventoryFile, plain(root), { root, name: '', at: root.at })
  const known = new Set(yaml.problems.map(({ line, column }) => `${line}:${column}`))
  const problems = [...('problems' in checked ? checked.problems : []), ...crossCheck(root)]
  const fresh = problems.filter(({ line, column }) => !known.has(`${line}:${column}`))
  if ('problems' in checked || yaml.problems.length > 0 || fresh.length > 0) {
    throw new InventoryError([...yaml.problems, ...fresh])
  }

  const folder = dirname(path)
  return { file: path, ...toHosts(root, checked.value, folder, env), secrets: secretsBeside(folder, env), root }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
}

const readText = (file: string): string => {
  const whole = { file, line: 0, column: 0 }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : (reasons[code] ?? code)
    const message = `cannot be read: ${reason}; name an inventory with --inventory FILE or TRUEUP_INVENTORY`
    throw new InventoryError([{ ...whole, message }])
  }
}
