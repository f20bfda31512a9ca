import type { Site } from '../lib/language/role.ts'
import type { Secret } from '../lib/language/secret.ts'
import type { MapNode } from './node.ts'
import type { Place } from './problem.ts'

/** Where a login is tried. */
export interface Login {
  readonly port: number
  readonly user: string
}

/** A host of the inventory, with every default filled in. */
export interface Host {
  readonly name: string
  readonly address: string
  /** By which one must be able to get in as well. */
  readonly address6?: string | undefined
  /** The wanted port and user. */
  readonly port: number
  readonly user: string
  /** Tried when `port` and `user` refuse, and only then: a bare host before its sshd is moved. */
  readonly first: Login | undefined
  /** An absolute path. */
  readonly identityFile: string | undefined
  readonly passphrase: Secret | undefined
  readonly proxyJump: string | undefined
  /** `SHA256:…`: the only host key that is accepted. */
  readonly hostKey: string | undefined
  readonly connection: 'ssh' | 'local'
  readonly become: { readonly user: string } | undefined
  /** Seconds. */
  readonly connectTimeout: number
  readonly groups: readonly string[]
  readonly site: Site
}

/** A host before its passphrase is looked up. */
export interface InventoryHost extends Omit<Host, 'passphrase'> {
  /** Where the host is listed. */
  readonly at: Place
  /** Its variables by role, merged, each with the place where it was written. */
  readonly vars: MapNode
}
