/** Everything that works with an inventory. Loaded as one, and only when it is needed: most of a start is loading. */
export { apply } from './apply.ts'
export { exec } from './exec.ts'
export { history } from './history.ts'
export { listHosts, listTasks } from './list.ts'
export { schema } from './schema.ts'
export { trust } from './trust.ts'
export { undo } from './undo.ts'
