import { family, probe, sh, type State } from '../../lib/index.ts'

const MAIN = '/etc/ssh/sshd_config'
const FOLDER = '/etc/ssh/sshd_config.d'

/** Our drop-in. The first value that sshd reads holds (sshd_config(5)), hence a name ahead of cloud-init's (D38). */
export const DROPIN = `${FOLDER}/00-trueup.conf`

/** Where Ubuntu keeps what gives ssh.socket the ports of sshd_config; Debian has no such thing. */
const GENERATOR = '/usr/lib/systemd/system-generators/sshd-socket-generator'

/** What sshd is, and what its configuration comes to. Beside these: every setting that `sshd -T` prints, by its name. */
export interface SshdState extends State {
  /** Such as `9.6p1`; `null` where there is no sshd. */
  version: string | null
  /** ssh.socket takes its ports from sshd_config. */
  generator: boolean
  /** What sshd says against its configuration. */
  broken: string | null
}

/** A line that sshd reads as a setting: keyword, then a blank or `=` (sshd_config(5)). */
const LINE = /^\s*([A-Za-z][A-Za-z0-9]*)(?:\s+|\s*=\s*)"?([^"]*)/

interface Line {
  readonly at: string
  readonly keyword: string
  readonly value: string
}

/** The settings of a file that hold for everybody: up to its first `Match`. */
const globals = (file: string, text: string): readonly Line[] => {
  const lines = text.split('\n').flatMap((line, index): Line[] => {
    const [, keyword, value = ''] = LINE.exec(line) ?? []
    return keyword === undefined ? [] : [{ at: `${file}:${index + 1}`, keyword: keyword.toLowerCase(), value }]
  })
  const match = lines.findIndex(({ keyword }) => keyword === 'match')
  return match < 0 ? lines : lines.slice(0, match)
}

/** Where another file speaks before ours: `before:KEYWORD`. Ports of all files add up, so any other counts. */
const rivals = (files: ReadonlyMap<string, string>): State => {
  const main = globals(MAIN, files.get(MAIN) ?? '')
  const include = main.findIndex(({ keyword, value }) => keyword === 'include' && value.includes(FOLDER))
  const others = [...files].filter(([file]) => file !== MAIN && file !== DROPIN)
  const first = [
    ...(include < 0 ? main : main.slice(0, include)),
    ...others.filter(([file]) => file < DROPIN).flatMap(([file, text]) => globals(file, text)),
  ]
  const ports = [...main, ...others.flatMap(([file, text]) => globals(file, text))].filter(
    ({ keyword }) => keyword === 'port',
  )
  const found: Record<string, string> = {}
  for (const { keyword, at } of [...first, ...ports]) found[`before:${keyword}`] ??= at
  const own = globals(DROPIN, files.get(DROPIN) ?? '').findLast(({ keyword }) => keyword === 'port')
  return { ...found, included: include >= 0, ...(own !== undefined && { 'ours:port': own.value.trim() }) }
}

/** `keyword value` a line; what may be said several times is joined. */
const printed = (text: string): State => {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, keyword, value = ''] = /^([a-z0-9]+)(?: (.*))?$/.exec(line) ?? []
    if (keyword === undefined) continue
    const before = found.get(keyword)
    found.set(keyword, before === undefined ? value : `${before} ${value}`)
  }
  return Object.fromEntries(found)
}

const pairs = (fields: readonly string[]): ReadonlyMap<string, string> =>
  new Map(fields.flatMap((name, at) => (at % 2 === 0 && name !== '' ? [[name, fields[at + 1] ?? ''] as const] : [])))

/**
 * sshd's version, its effective settings (sshd(8), -T) and who else sets them. A configuration that sshd refuses is an
 * answer too: its file can then be mended. sshd wants its folder in /run, which is there while it runs; otherwise it gets
 * one that only it can see.
 */
export const sshd = probe<SshdState>({
  id: 'sshd',
  needs: ['sshd'],
  read: sh`
sshd -V 2>&1 || :
printf '\0'; [ ! -e ${GENERATOR} ] || printf yes
printf '\0'
if [ -d /run/sshd ]; then sshd -T 2>&1
else unshare -m --propagation private bash -c 'mount -t tmpfs -o mode=755 trueup /run && mkdir /run/sshd && exec sshd -T 2>&1'; fi
printf '\0%s\0' "$?"
for file in ${MAIN} ${FOLDER}/*.conf; do
  [ -f "$file" ] || continue
  { IFS= read -rd '' text || :; } <"$file" || exit
  printf '%s\0%s\0' "$file" "$text"
done`,
  parse: (stdout) => {
    if (stdout === '') return { version: null, generator: false, broken: null }
    const [said = '', generator = '', settings = '', code = '', ...files] = stdout.split('\0')
    const version = /OpenSSH_(\d[\w.]*)/.exec(said)?.[1]
    if (version === undefined) throw new Error(`sshd does not tell its version: ${said.trim().slice(0, 200)}`)
    return {
      ...(code === '0' ? printed(settings) : {}),
      ...rivals(pairs(files)),
      version,
      generator: generator === 'yes',
      broken: code === '0' ? null : settings.trim().slice(0, 500),
    }
  },
})

/** Something listens on a TCP port. */
export interface ListensState extends State {
  listens: boolean
}

/** The ports that something listens on, from /proc/net/tcp by builtins alone: those that listen (0A) come first there. */
export const LISTENING = sh`
for file in /proc/net/tcp /proc/net/tcp6; do
  [ -r "$file" ] || continue
  { read -r _; while read -r _ local _ state _ && [ "$state" = 0A ]; do printf '%s\n' "\${local##*:}"; done; } <"$file"
done; :`

/** As the kernel writes a port: four hexadecimal digits. */
export const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0')

/** Whether something listens on a port. */
export const listens = family<ListensState>({
  name: 'listens',
  read: () => LISTENING,
  parse: (stdout, keys) => {
    const found = new Set(stdout.split('\n'))
    return new Map(keys.map((key) => [key, { listens: found.has(hex(Number(key))) }]))
  },
})
