import type { Host } from '../../../inventory/host.ts'
import type { Assignment } from '../../runner/compose.ts'
import type { Mark } from '../../runner/plan/mark.ts'
import type { InventoryMarks } from './file.ts'

/** What the inventory says of a host, marked part by part so that it can be said which of them has moved. */
export const inventoryMarks = (host: Host, assignments: readonly Assignment[], mark: Mark): InventoryMarks => {
  const { site, passphrase: _passphrase, identityFile: _identityFile, ...reached } = host
  return {
    host: mark(reached),
    site: mark(site),
    vars: Object.fromEntries(assignments.map(({ role, vars }) => [role.name, mark(vars)])),
  }
}

/** The parts that have moved, as they are called in an inventory. */
export const movedParts = (saved: InventoryMarks, now: InventoryMarks): string[] => [
  ...(saved.host === now.host ? [] : ['the host itself']),
  ...(saved.site === now.site ? [] : ['site']),
  ...Object.entries(now.vars).flatMap(([role, mark]) =>
    saved.vars[role] === mark ? [] : [`the variables of ${role}`],
  ),
]
