import {
  all,
  type Claim,
  family,
  type Handler,
  Secret,
  type Sh,
  sh,
  sha256,
  type State,
  stdin,
  type Task,
  task,
} from '../lib/index.ts'
import { accountId, accountName, groupAt } from './group.ts'
import { path as pathAt } from './path.ts'

/** A local user; all `null` where there is none. Each group that it is in is a key of its own: `group:docker: true`. */
export interface UserState extends State {
  present: true | null
  uid: number | null
  /** The primary group's name. */
  group: string | null
  comment: string | null
  home: string | null
  shell: string | null
  /** `locked`, `none`, or the hash of the hash: what is in /etc/shadow does not leave the host. */
  password: string | null
}

const ABSENT: UserState = {
  present: null,
  uid: null,
  group: null,
  comment: null,
  home: null,
  shell: null,
  password: null,
}

const rows = (text: string): string[][] => text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(':')]))

/** passwd(5), group(5) and, of shadow(5), the password field of the users that are asked for. */
export const userAt = family<UserState>({
  name: 'user',
  read: (keys) => sh`
for file in /etc/passwd /etc/group; do
  mapfile lines < "$file" || exit
  printf %s "\${lines[@]}"; printf '\0'
done
mapfile -t lines < /etc/shadow || exit
declare -A wanted
for name in ${keys}; do wanted[":$name"]=1; done
for line in "\${lines[@]}"; do
  name=\${line%%:*} field=\${line#*:} field=\${field%%:*}
  [ "\${wanted[":$name"]}" ] || continue
  case $field in
    '!'* | '*'*) field=locked ;;
    '') field=none ;;
    *) field=$(printf %s "$field" | sha256sum) && field=sha256:\${field%% *} ;;
  esac
  printf '%s:%s\n' "$name" "$field"
done`,
  parse: (stdout, keys) => {
    const [passwd = '', group = '', shadow = ''] = stdout.split('\0')
    const users = new Map(rows(passwd).map((row) => [row[0], row]))
    const passwords = new Map(rows(shadow).map(([name, ...field]) => [name, field.join(':')]))
    const groups = rows(group).map(([name = '', , gid, members = '']) => ({ name, gid, members: members.split(',') }))
    return new Map(
      keys.map((key) => {
        const [, , uid, gid, comment = '', home = '', shell = ''] = users.get(key) ?? []
        if (uid === undefined) return [key, ABSENT]
        const primary = groups.find((one) => one.gid === gid)?.name ?? gid ?? null
        const member = groups.filter(({ name, members }) => name === primary || members.includes(key))
        return [
          key,
          {
            ...{ present: true, uid: Number(uid), group: primary, comment, home, shell },
            password: passwords.get(key) ?? null,
            ...Object.fromEntries(member.map(({ name }) => [`group:${name}`, true])),
          },
        ]
      }),
    )
  },
})

export interface UserOptions {
  readonly name: string
  /** Unless given, the next that is free. */
  readonly uid?: number
  /** The primary group, which must exist. Unless given, one of the user's own name, made with it. */
  readonly group?: string
  /** Further groups, which must exist. Others that it is in are left alone. */
  readonly groups?: readonly string[]
  readonly comment?: string
  /** `/home/NAME` unless given. Changing it later moves nothing. */
  readonly home?: string
  /** Whether its home is made, 0750, when the user is. Yes, unless it is a user of the system. */
  readonly createHome?: boolean
  /** `/bin/bash` when it is made, `/usr/sbin/nologin` for a user of the system. */
  readonly shell?: string
  /** A daemon's user: a number from those of the system, no home, no shell. */
  readonly system?: boolean
  /**
   * The hash that crypt(5) made. `locked`: no password is accepted (the default, except for root); keys still are.
   * `any`: whatever it is.
   */
  readonly password?: Secret | 'locked' | 'any'
  readonly notifies?: Handler | readonly Handler[]
}

/** One field of passwd(5). */
const field = (what: string, text: string, pattern: RegExp): string => {
  if (!pattern.test(text)) throw new TypeError(`${what} of a user cannot be ${JSON.stringify(text)}`)
  return text
}

/** `/srv/app` and deeper; nobody's home is `/` or `/etc`, since the home becomes its user's. */
const HOME = /^(\/[^/:\s]+){2,}$/
const PROGRAM = /^(\/[^/:\s]+)+$/
const COMMENT = /^[^:,\n\r]*$/

const validate = (options: UserOptions): void => {
  const { name, uid, group, groups = [], comment, home, shell, password } = options
  accountName('user', name)
  accountId('uid', uid)
  for (const one of group === undefined ? groups : [group, ...groups]) accountName('group', one)
  if (comment !== undefined) field('the comment', comment, COMMENT)
  if (home !== undefined) field('the home', home, options.system || name === 'root' ? PROGRAM : HOME)
  if (shell !== undefined) field('the shell', shell, PROGRAM)
  if (password instanceof Secret && !/^\$[a-z0-9]+\$[^:\s]+$/.test(password.reveal()))
    throw new TypeError(`${password.name}: the password of user ${name} is no hash as crypt(5) makes them`)
}

/**
 * A local user. Only what is given is compared; the rest is for the moment when it is made. Passwords are locked unless
 * given. Nobody's files are ever moved or removed.
 *
 * @throws TypeError on a value that passwd(5) cannot hold
 */
export const user = (options: UserOptions): Task => {
  const { name, uid, group, groups = [], comment, home, shell, notifies } = options
  const { password = name === 'root' ? 'any' : 'locked' } = options
  validate(options)
  const wanted = password instanceof Secret ? `sha256:${sha256(password.reveal())}` : 'locked'
  return task({
    title: `user ${name}`,
    want: userAt(name).is({
      present: true,
      ...(uid !== undefined && { uid }),
      ...(group !== undefined && { group }),
      ...(comment !== undefined && { comment }),
      ...(home !== undefined && { home }),
      ...(shell !== undefined && { shell }),
      ...(password !== 'any' && { password: wanted }),
      ...Object.fromEntries(groups.map((one) => [`group:${one}`, true])),
    }),
    apply: ({ now, keys }) =>
      all(...(now.present ? modify(options, keys) : create(options)), ...setPassword(options, now, keys)),
    provides: ({ now }) => (now.present ? [] : brings(options)),
    sensitive: ['password'],
    ...(notifies !== undefined && { notifies }),
  })
}

const flag = (name: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [name, String(value)]

/** What is used when the user is made. */
const settled = ({ name, system = false, ...options }: UserOptions) => ({
  home: options.home ?? (system ? '/nonexistent' : `/home/${name}`),
  shell: options.shell ?? (system ? '/usr/sbin/nologin' : '/bin/bash'),
  createHome: options.createHome ?? !system,
  group: options.group ?? name,
})

const create = (options: UserOptions): Sh[] => {
  const { name, uid, groups = [], comment, system } = options
  const { home, shell, createHome, group } = settled(options)
  const flags = [
    ...flag('--uid', uid),
    ...flag('--comment', comment),
    ...flag('--home-dir', home),
    ...flag('--shell', shell),
    ...flag('--groups', groups.length === 0 ? undefined : groups.join(',')),
    ...(system ? ['--system'] : []),
    ...(createHome ? ['--create-home', '--key', 'HOME_MODE=0750'] : ['--no-create-home']),
  ]
  const primary =
    options.group === undefined
      ? sh`$(getent group ${name} >/dev/null && echo --gid ${name} || echo --user-group)`
      : sh`--gid ${group}`
  return [sh`useradd ${flags} ${primary} -- ${name}`, ...(createHome ? [sh`tu_dir ${home} 0750 ${name} ${group}`] : [])]
}

const modify = (
  { name, uid, group, groups = [], comment, home, shell }: UserOptions,
  keys: readonly string[],
): Sh[] => {
  const drifted = (key: string) => keys.includes(key)
  const missing = groups.filter((one) => drifted(`group:${one}`))
  const flags = [
    ...(drifted('uid') ? flag('--uid', uid) : []),
    ...(drifted('group') ? flag('--gid', group) : []),
    ...(drifted('comment') ? flag('--comment', comment) : []),
    ...(drifted('home') ? flag('--home', home) : []),
    ...(drifted('shell') ? flag('--shell', shell) : []),
    ...(missing.length > 0 ? ['--append', '--groups', missing.join(',')] : []),
  ]
  return flags.length === 0 ? [] : [sh`usermod ${flags} -- ${name}`]
}

/** New users are locked; the hash goes in by chpasswd(8), never as an argument. */
const setPassword = ({ name, password }: UserOptions, now: UserState, keys: readonly string[]): Sh[] => {
  if (!keys.includes('password')) return []
  if (password instanceof Secret)
    return [sh`chpasswd --encrypted ${stdin(password.map((hash) => `${name}:${hash}\n`))}`]
  return now.present ? [sh`usermod --lock -- ${name}`] : []
}

const brings = (options: UserOptions): Claim[] => {
  const { home, createHome, group } = settled(options)
  return [
    ...(options.group === undefined ? [groupAt(group).is({ present: true })] : []),
    ...(createHome ? [pathAt(home).is({ type: 'directory', mode: '0750', owner: options.name, group })] : []),
  ]
}

/**
 * No such local user; its files stay. userdel(8) refuses while it runs anything, and takes the group of its name along.
 *
 * @throws TypeError on what is no user's name, and on root
 */
export const noUser = (name: string): Task => {
  if (name === 'root') throw new TypeError('root is never removed')
  return task({
    title: `no user ${name}`,
    want: userAt(accountName('user', name)).is({ present: null }),
    apply: () => sh`userdel -- ${name}`,
    provides: ({ now }) => (now.group === name ? [groupAt(name).is({ present: null, gid: null })] : []),
  })
}
