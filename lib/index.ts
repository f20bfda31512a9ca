/** The language that tasks and roles are written in. Pure: nothing here does I/O. */
export { type Blob, blob, sha256 } from './language/blob.ts'
export {
  type Claim,
  each,
  type Fact,
  type Family,
  family,
  type Found,
  Probe,
  probe,
  type Unsettled,
} from './language/probe.ts'
export { quote } from './language/quote.ts'
export { type HostFacts, type Requirement, type Role, type RoleInput, role, type Site } from './language/role.ts'
export { join, type MaybeSecret, Secret } from './language/secret.ts'
export { all, env, raw, Sh, sh, stdin } from './language/sh.ts'
export { type Change, type State, type Value } from './language/state.ts'
export {
  type Check,
  type Context,
  check,
  type Declared,
  type Derived,
  type Drift,
  derive,
  type Guard,
  type Handler,
  handler,
  type Imperative,
  type Ownership,
  type Preview,
  type Scripted,
  script,
  type Task,
  task,
} from './language/task.ts'
export { tells } from './language/tells.ts'
export {
  bad,
  beyond,
  fine,
  held,
  look,
  NotFromHere,
  type Outside,
  type OutsideInput,
  type Verdict,
  type Verification,
  type Visit,
  type World,
} from './language/verification.ts'
export { image, maybeSecret, network, secret } from './language/zod.ts'
