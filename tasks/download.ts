import { sh, type Sh, type Task, task } from '../lib/index.ts'
import { effects, type PathOptions } from './file.ts'
import { file as fileAt, path as pathAt } from './path.ts'

export interface DownloadOptions extends Omit<PathOptions, 'path' | 'validate'> {
  /** http or https, without a password: it shows in the host's list of processes. */
  readonly url: string
  /** What the content must hash to. It is the only thing that is trusted, not the server. */
  readonly sha256: string
  /** Where it is to be, an absolute path. */
  readonly path: string
  /** Four octal digits; 0644 unless given. */
  readonly mode?: string
  readonly owner?: string
  readonly group?: string
  /** Seconds that all attempts together may take; 600 unless given. */
  readonly timeout?: number
}

/** @throws TypeError */
const checked = (url: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '')
    throw new TypeError('a download needs an http or https URL without a user or password in it')
  return url
}

const fetched = (url: string, timeout: number): Sh =>
  sh`curl -sSfL --proto '=http,https' --connect-timeout 20 --retry 3 --retry-delay 2 --retry-connrefused -m ${timeout} -o "/proc/$BASHPID/fd/$fd" -- ${checked(url)}`

const copied = (path: string): Sh =>
  sh`(tu_enter ${path} && dd if=${`./${path.slice(path.lastIndexOf('/') + 1)}`} iflag=nofollow,nonblock bs=1M status=none >&"$fd")`

/**
 * A file from the network: fetched by the host's curl(1) into a file without a name, checked, and only then put in
 * place. A wrong checksum leaves what was there. Retried on failures that may pass.
 *
 * @throws TypeError for a URL that is none, or a checksum that is no sha256
 */
export const download = (options: DownloadOptions): Task => {
  const { url, sha256, path, mode = '0644', owner = 'root', group = 'root', timeout = 600 } = options
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError(`not a sha256 in hex: ${JSON.stringify(sha256)}`)
  const attributes = { type: 'file', mode, owner, group, target: null } as const
  return task({
    title: options.title ?? `download ${path}`,
    owns: [{ path }],
    want: fileAt(path).is({ ...attributes, sha256 }),
    // What is there already is copied into a new file, too: chmod(1) would follow a link that somebody has put in its place.
    apply: ({ keys }) => sh`
tmp=$(mktemp /var/tmp/trueup.XXXXXXXXXX) && exec {fd}<>"$tmp" && rm -f -- "$tmp" &&
${keys.includes('sha256') ? fetched(url, timeout) : copied(path)} &&
{ read -r found _ < <(sha256sum < "/proc/$BASHPID/fd/$fd"); [ "$found" = ${sha256} ] || { echo "the download's sha256 is $found, not" ${sha256} >&2; exit 1; }; } &&
tu_put ${path} ${mode} ${owner} ${group} < "/proc/$BASHPID/fd/$fd"`,
    timeout: timeout + 30,
    ...effects({ ...options, provides: [pathAt(path).is(attributes), ...(options.provides ?? [])] }),
  })
}
