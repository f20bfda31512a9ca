// A picture of everything on a host that a run could have touched, to prove what it did not touch.
import { inside } from './boot.ts'
import { rootDir } from './disk.ts'
import { getHost } from './host.ts'
import { $, whole } from './shell.ts'

/** One entry per thing: `file /etc/hosts` → what it is like, `unit ssh.service` → since when, `container …` → since when. */
export type Manifest = Readonly<Record<string, string>>

/** What changes by itself and says nothing about a run, each with its reason. Paths below are absent from a manifest. */
const VOLATILE: readonly [pattern: string, reason: string][] = [
  ['/tmp/*', 'emptied by a reboot; other people’s scratch files'],
  ['/var/tmp/systemd-private-*', 'private folders of services, a new random name at each start'],
  ['/var/log/journal/*', 'the journal writes all the time'],
  ['/var/cache/apt/*.bin', 'rebuilt by any question to apt, from files that are in the manifest'],
  ['/var/cache/ldconfig/aux-cache', 'rebuilt by ldconfig, holds times and inode numbers'],
  ['/var/backups/dpkg.*', 'a daily timer copies the package database there'],
  ['/var/lib/systemd/timers/*', 'when timers last fired'],
  ['/var/lib/systemd/random-seed', 'new at each boot'],
  ['/var/lib/systemd/timesync/clock', 'the clock'],
  ['/var/lib/chrony/*', 'the clock'],
  ['/var/log/sysstat/*', 'the load, written every ten minutes'],
  ['/var/lib/logrotate/*', 'when logs were last rotated'],
  ['/var/lib/sudo/*', 'who was lectured by sudo: the runner itself'],
  ['/var/lib/nginx/*/*', 'requests being buffered'],
  [
    '/var/lib/trueup/runs',
    'what the host remembers of runs that changed something; how it is kept is judged by itself',
  ],
]

/** Listed with owner and mode, but not with content. */
const GROWING: readonly [pattern: string, reason: string][] = [
  ['/var/log/*', 'logs grow with every login'],
  ['/var/lib/fail2ban/*', 'a database of what it has seen'],
]

const pathTests = (root: string, rows: readonly [pattern: string, reason: string][]) =>
  rows.flatMap(([pattern], index) => [...(index ? ['-o'] : []), '-path', root + pattern])

const fields = (text: string, width: number): string[][] => {
  const all = text.split('\0').slice(0, -1)
  return Array.from({ length: all.length / width }, (_, row) => all.slice(row * width, row * width + width))
}

// Hashes by inode, size and times: a file whose content changes gets a new change time. Only the first manifest is slow.
const hashes = new Map<string, string>()

const hash = async (files: ReadonlyMap<string, string>): Promise<void> => {
  const paths = [...files.keys()]
  if (!paths.length) return
  // A file may be gone by now: the others count.
  const stdout = await whole($({ input: paths.join('\0'), nothrow: true })`xargs -0 sha256sum -z`)
  for (const line of stdout.split('\0')) {
    const version = files.get(line.slice(66))
    if (version) hashes.set(version, line.slice(0, 64))
  }
}

// Looked at from outside: /proc, /sys, /dev, /run and Docker's data are other file systems and not in it.
const files = async (root: string): Promise<[string, string][]> => {
  const skip = ['(', ...pathTests(root, VOLATILE), ')', '-prune']
  const growing = ['(', ...pathTests(root, GROWING), ')', '-printf', '-\\0']
  const format = '/%P\\0%y\\0%m\\0%U:%G\\0%l\\0'
  const stdout = await whole(
    $`find ${root} -xdev ${skip} -o -printf ${format} '(' ${growing} -o -printf ${'%i %s %T@ %C@\\0'} ')'`,
  )
  const rows = fields(stdout, 6)
  const missing = rows.filter(
    ([, type, , , , version = '-']) => type === 'f' && version !== '-' && !hashes.has(version),
  )
  await hash(new Map(missing.map(([path = '', , , , , version = '']): [string, string] => [root + path, version])))
  return rows.map(([path = '', type, mode, owner, target, version = '-']): [string, string] => {
    const content =
      { f: version === '-' ? 'grows' : (hashes.get(version) ?? 'gone'), l: `-> ${target}` }[type ?? ''] ?? ''
    return [`file ${path}`, `${type} ${mode} ${owner} ${content}`.trimEnd()]
  })
}

// Logins come and go, the looking ones too.
const TRANSIENT = /^(user@|user-runtime-dir@|ssh@|sshd@|session-|systemd-tmpfiles-clean)/

const units = async (name: string): Promise<[string, string][]> => {
  const show = ['systemctl', 'show', '*', '--type=service', '--state=active', '-p', 'Id,ActiveEnterTimestampMonotonic']
  const { stdout } = await inside(name, show)
  return stdout.split('\n\n').flatMap((block): [string, string][] => {
    const id = /^Id=(.*)$/m.exec(block)?.[1]
    const since = /^ActiveEnterTimestampMonotonic=(.*)$/m.exec(block)?.[1]
    return id && since && !TRANSIENT.test(id) ? [[`unit ${id}`, `active since ${since}`]] : []
  })
}

const containers = async (name: string): Promise<[string, string][]> => {
  const format = '{{.Name}} {{.Id}} {{.State.Status}} {{.State.StartedAt}}'
  // A stopped engine is not asked: its socket would start it.
  const script = `systemctl is-active -q docker.service && docker ps -aq | xargs -r docker inspect -f '${format}'`
  const { stdout } = await inside(name, ['sh', '-c', script])
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line): [string, string] => {
      const [container, ...rest] = line.split(' ')
      return [`container ${container}`, rest.join(' ')]
    })
}

/**
 * Takes a manifest of a host: every file of its disk (type, mode, owner and group by number, hash or link target),
 * the start of every active service, and every container.
 * @param options.ignore entries to leave out, e.g. `/^file \/root\/data\//`
 * @throws SandboxError when the host is off
 */
export const manifest = async (
  name: string,
  { ignore = [] }: { ignore?: readonly RegExp[] } = {},
): Promise<Manifest> => {
  await getHost(name)
  const parts = await Promise.all([files(rootDir(name)), units(name), containers(name)])
  const entries = parts.flat().filter(([key]) => !ignore.some((pattern) => pattern.test(key)))
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The differences as lines for a person: `+` appeared, `-` went, `~` changed. Empty when nothing differs. */
export const diffManifest = (before: Manifest, after: Manifest): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((key) => {
    const [was, is] = [before[key], after[key]]
    if (was === is) return []
    if (was === undefined) return [`+ ${key}: ${is}`]
    return [is === undefined ? `- ${key}: ${was}` : `~ ${key}: ${was} → ${is}`]
  })
