/** Everything that works with an inventory. Loaded as one, and only when it is needed: most of a start is loading. */
export { apply } from './apply.ts'
export { exec } from './exec.ts'
export { listHosts, listTasks } from './list.ts'
export { schema } from './schema.ts'
export { secrets } from './secrets/index.ts'
export { trust } from './trust.ts'
export { verify } from './verify.ts'
