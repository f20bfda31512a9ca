import { defaultInventory, type Inventory, loadInventory } from '../../inventory/load.ts'
import { selectHosts } from '../../inventory/patterns.ts'
import { type Shard, shardOf } from './shard.ts'

/** The inventory, and those of its hosts that are meant. */
export interface Selection {
  readonly inventory: Inventory
  readonly names: readonly string[]
}

/**
 * Reads the inventory that was named, or the default one, and selects hosts.
 *
 * @throws InventoryError, PatternError
 */
export const selection = (file: string | undefined, pattern = 'all', shard?: Shard): Selection => {
  const inventory = loadInventory(file ?? defaultInventory(process.env), { env: process.env })
  const names = selectHosts(inventory, pattern)
  return { inventory, names: shard === undefined ? names : shardOf(names, shard) }
}
