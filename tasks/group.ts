import { family, type Handler, sh, type State, type Task, task } from '../lib/index.ts'

/** A local group; `null` where there is none. */
export interface GroupState extends State {
  present: true | null
  gid: number | null
}

/** group(5): NAME:PASSWORD:GID:MEMBERS, the part of it that is asked for. */
export const groupAt = family<GroupState>({
  name: 'group',
  read: () => sh`exec cat /etc/group`,
  parse: (stdout, keys) => {
    const gids = new Map(stdout.split('\n').map((line) => [line.split(':')[0] ?? '', Number(line.split(':')[2])]))
    return new Map(
      keys.map((key) => {
        const gid = gids.get(key)
        return [key, gid === undefined ? { present: null, gid: null } : { present: true, gid }]
      }),
    )
  },
})

/** What useradd(8) takes for a name on Debian, without capitals and dots. */
const NAME = /^[a-z_][a-z0-9_-]{0,30}$/

/** @throws TypeError on what is no name of a user or a group */
export const accountName = (kind: 'user' | 'group', name: string): string => {
  if (!NAME.test(name)) throw new TypeError(`not the name of a ${kind}: ${JSON.stringify(name)}`)
  return name
}

/** @throws TypeError on what is no number of a user or a group */
export const accountId = (kind: 'uid' | 'gid', id: number | undefined): number | undefined => {
  if (id !== undefined && (!Number.isInteger(id) || id < 0 || id >= 0xffff_fffe))
    throw new TypeError(`not a ${kind}: ${id}`)
  return id
}

export interface GroupOptions {
  readonly name: string
  /** Unless given, the next that is free. */
  readonly gid?: number
  /** Takes the number from those of the system, when it is made. */
  readonly system?: boolean
  readonly notifies?: Handler | readonly Handler[]
}

/**
 * A local group. Who is in it is said by each {@link user}.
 *
 * @throws TypeError on a name or number that no group can have
 */
export const group = ({ name, gid, system = false, notifies }: GroupOptions): Task => {
  const at = groupAt(accountName('group', name))
  const options = [...(accountId('gid', gid) === undefined ? [] : ['--gid', String(gid)])]
  return task({
    title: `group ${name}`,
    want: at.is({ present: true, ...(gid !== undefined && { gid }) }),
    apply: ({ now }) =>
      now.present
        ? sh`groupmod ${options} -- ${name}`
        : sh`groupadd ${[...options, ...(system ? ['--system'] : [])]} -- ${name}`,
    ...(notifies !== undefined && { notifies }),
  })
}

/**
 * No such local group. groupdel(8) refuses while it is some user's primary group.
 *
 * @throws TypeError on what is no group's name
 */
export const noGroup = (name: string): Task =>
  task({
    title: `no group ${name}`,
    want: groupAt(accountName('group', name)).is({ present: null, gid: null }),
    apply: () => sh`groupdel -- ${name}`,
  })
