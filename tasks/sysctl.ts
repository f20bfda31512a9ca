import { family, type Handler, sh, type State, type Task, task } from '../lib/index.ts'
import { file } from './file.ts'

/** Values of kernel settings by name; `null` where the kernel has no such setting (a module that is not loaded). */
type Settings = State

/** Names of a task, as one key: they hold no spaces. */
const namesOf = (key: string): string[] => key.split(' ')

/**
 * Where a setting is under /proc/sys. sysctl.d(5): the first separator says which one it is; in `net.ipv4.conf.eth0/100`
 * a slash stands for a dot, in `net/ipv4/conf/eth0.100` a dot is itself.
 */
export const procPath = (name: string): string => {
  const dotted = /^[^./]*\./.test(name)
  const path = dotted ? name.replace(/[./]/g, (one) => (one === '.' ? '/' : '.')) : name
  if (!/^[A-Za-z0-9_]+(\/[A-Za-z0-9_.:@-]+)+$/.test(path) || path.split('/').some((part) => /^\.+$/.test(part)))
    throw new TypeError(`not the name of a kernel setting: ${JSON.stringify(name)}`)
  return `/proc/sys/${path}`
}

/** Values of several numbers are separated by tabs in the kernel and by spaces in most files. */
const spaced = (value: string): string => value.trim().replace(/\s+/g, ' ')

const settings = family<Settings>({
  name: 'sysctl',
  read: (keys) => sh`
for path in ${keys.flatMap(namesOf).map(procPath)}; do
  value=
  if [ ! -e "$path" ]; then printf '\0'
  elif [ -r "$path" ]; then { read -r -d '' value || :; } <"$path" && printf '=%s\0' "$value"
  else printf '!\0'; fi || exit
done`,
  parse: (stdout, keys) => {
    const fields = stdout.split('\0')
    let at = 0
    return new Map(
      keys.map((key): [string, Settings | Error] => {
        const found = namesOf(key).map((name) => [name, fields[at++] ?? '!'] as const)
        const shut = found.find(([, value]) => value.startsWith('!'))
        if (shut !== undefined) return [key, new Error(`${shut[0]} cannot be read`)]
        return [
          key,
          Object.fromEntries(found.map(([name, value]) => [name, value === '' ? null : spaced(value.slice(1))])),
        ]
      }),
    )
  },
})

export interface SysctlOptions {
  /** Names the file /etc/sysctl.d/NAME.conf; files are read in the order of their names, the last one wins. */
  readonly name: string
  /** By name, as in sysctl.d(5): `{ 'vm.swappiness': 10, 'net.ipv4.tcp_rmem': '4096 131072 6291456' }`. */
  readonly values: Readonly<Record<string, string | number>>
  readonly notifies?: Handler | readonly Handler[]
}

/**
 * Kernel settings, now and after a reboot: a file of their own in /etc/sysctl.d, and the values that the kernel has.
 *
 * @throws TypeError on a name that is none, and on a value that is empty or has a line end
 */
export const sysctl = ({ name, values, notifies }: SysctlOptions): Task[] => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new TypeError(`not a file's name: ${JSON.stringify(name)}`)
  const wanted = Object.entries(values).map(([key, value]): [string, string] => {
    procPath(key)
    if (/[\r\n\0]/.test(String(value)) || String(value).trim() === '')
      throw new TypeError(`${key}: a value is one line: ${JSON.stringify(value)}`)
    return [key, spaced(String(value))]
  })
  const effects = notifies !== undefined && { notifies }
  return [
    file({
      path: `/etc/sysctl.d/${name}.conf`,
      title: `kernel settings ${name}`,
      content: wanted.map(([key, value]) => `${key} = ${value}\n`).join(''),
      ...effects,
    }),
    task({
      title: `kernel settings ${name}, in force`,
      want: settings(wanted.map(([key]) => key).join(' ')).is(Object.fromEntries(wanted)),
      apply: ({ changes }) => sh`sysctl --quiet --write ${changes.map(({ key, to }) => `${key}=${String(to)}`)}`,
      ...effects,
    }),
  ]
}
