import type * as z from 'zod'
import type { Fact } from './probe.ts'
import { check, type Task } from './task.ts'
import type { Verification } from './verification.ts'

/** What the roles of an inventory share. */
export interface Site {
  readonly domain: string
  readonly project: string
  readonly dir: string
}

/** What a host says of itself when the connection is made, and what no task of ours changes. */
export interface HostFacts {
  /** The inventory's name. */
  readonly name: string
  /** os-release's ID, such as `ubuntu` or `debian`. */
  readonly os: string
  readonly version: string
  readonly codename: string
  /** dpkg's name, such as `amd64`. */
  readonly arch: string
  readonly cpus: number
  readonly memoryMb: number
  /** Changes with every boot. */
  readonly bootId: string
  /** A reboot was wanted when the connection was made (/run/reboot-required); the runner's business, not the roles'. */
  readonly rebootRequired?: boolean
  /** The kernel is shared with others: no swap, no kernel settings of our own. */
  readonly container: boolean
  /** The port that this connection came in by, where it came over the network. */
  readonly sshPort: number | null
  /** The address that this connection came from. */
  readonly sshFrom: string | null
}

/** What a role's tasks are made from. */
export interface RoleInput<V> {
  readonly vars: V
  readonly site: Site
  readonly host: HostFacts
  /** The variables of the other roles of the same run, by the roles' names, for what two of them must agree on. */
  readonly others?: ReadonlyMap<string, unknown>
}

/** Something that another role brings, without which this one cannot work. */
export interface Requirement {
  readonly want: Fact
  /** Who brings it, as in “run --role docker first”. */
  readonly role: string
}

/** A named, ordered list of tasks: the description of one side of a server. */
export interface Role<V = unknown> {
  readonly name: string
  /** The schema of its variables in the inventory; `{}` must be enough wherever that is possible. */
  readonly vars: z.ZodType<V>
  requires?(input: RoleInput<V>): readonly Requirement[]
  tasks(input: RoleInput<V>): readonly Task[]
  /** The lines of the checklist after a deployment that this role answers for: `verify`. */
  verify?(input: RoleInput<V>): readonly Verification[]
}

/** Defines a role. */
export const role = <V>(definition: Role<V>): Role<V> => definition

/** A requirement as the check that stands before the role's own tasks. */
export const requirement = ({ want, role: from }: Requirement): Task =>
  check({
    title: `needs ${want.probe.id}`,
    want,
    level: 'fail',
    say: ({ changes }) =>
      `needs ${want.probe.id} to be ${changes.map(({ key, to, from: found }) => `${key}=${to} (found ${found ?? 'nothing'})`).join(', ')}; run --role ${from} first`,
  })
