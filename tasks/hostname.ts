import { probe, sh, type State, type Task, task } from '../lib/index.ts'
import { line } from './line.ts'

/** What the kernel calls the host now, and what it will be called after a reboot (hostname(5)). */
export interface HostnameState extends State {
  live: string
  stored: string | null
}

export const hostnameState = probe<HostnameState>({
  id: 'hostname',
  read: sh`cat /proc/sys/kernel/hostname && printf '\0' && { [ ! -e /etc/hostname ] || cat /etc/hostname; }`,
  parse: (stdout) => {
    const [live = '', stored = ''] = stdout.split('\0')
    const name = stored.split('\n').find((one) => one.trim() !== '' && !one.startsWith('#'))
    return { live: live.trim(), stored: name?.trim() ?? null }
  },
})

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The host's name, now and after a reboot, and a line in /etc/hosts by which it resolves to itself, as Debian does it.
 *
 * @param name - one label, such as `web1`
 * @param domain - where it is known under a longer name, the rest of it
 * @throws TypeError on what is no host's name (RFC 1123)
 */
export const hostname = (name: string, domain?: string): Task[] => {
  for (const label of [name, ...(domain?.split('.') ?? [])])
    if (!LABEL.test(label)) throw new TypeError(`not a host's name: ${JSON.stringify(label)}`)
  return [
    task({
      title: 'hostname',
      owns: [{ path: '/etc/hostname' }],
      want: hostnameState.is({ live: name, stored: name }),
      apply: () => sh`printf '%s\n' ${name} | tu_put /etc/hostname 0644 root root && hostname ${name}`,
    }),
    line({
      title: 'hostname in /etc/hosts',
      path: '/etc/hosts',
      line: `127.0.1.1\t${domain === undefined ? '' : `${name}.${domain} `}${name}`,
      match: /^127\.0\.1\.1\s/,
      after: /^127\.0\.0\.1\s/,
      create: true,
    }),
  ]
}
