import { defaultInventory, type Inventory, loadInventory } from '../../inventory/load.ts'
import { selectHosts } from '../../inventory/patterns.ts'

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
export const selection = (file: string | undefined, pattern = 'all'): Selection => {
  const inventory = loadInventory(file ?? defaultInventory(process.env), { env: process.env })
  return { inventory, names: selectHosts(inventory, pattern) }
}
