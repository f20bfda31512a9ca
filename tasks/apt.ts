import {
  type Claim,
  type Declared,
  type Drift,
  family,
  type Handler,
  type Probe,
  probe,
  sh,
  type State,
  type Task,
  task,
} from '../lib/index.ts'

/** dpkg-query(1), Status-Abbrev: the second letter is what is there, whatever is desired. */
const STATES: Readonly<Record<string, string>> = {
  H: 'half-installed',
  U: 'unpacked',
  F: 'half-configured',
  W: 'awaiting triggers',
  t: 'pending triggers',
  i: 'installed',
}

const parseLine = (line: string, native: string | undefined): [string, string | true][] => {
  const [desired, is = '', broken] = line.slice(0, 3)
  const [plain = '', architecture = ''] = line.slice(3).split(' ')
  const name = [native, 'all', ''].includes(architecture) ? plain : `${plain}:${architecture}`
  const state = broken === 'R' ? 'to be reinstalled' : STATES[is]
  return [
    ...(state === undefined ? [] : [[name, state] satisfies [string, string]]),
    ...(is === 'c' ? [[`config:${name}`, true] satisfies [string, true]] : []),
    ...(desired === 'h' ? [[`hold:${name}`, true] satisfies [string, true]] : []),
  ]
}

/**
 * What dpkg knows, one listing for every apt task of the run: `nginx: 'installed'` (or what it is stuck in, such as
 * `half-configured`), `config:nginx` where a removed package has left its configuration, `hold:nginx` where it is held.
 * Packages of a foreign architecture have it in their name (`libc6:i386`).
 */
export const packages: Probe<State> = probe({
  id: 'apt.packages',
  needs: ['dpkg-query'],
  // The architecture of dpkg itself is what it calls native.
  read: sh`exec dpkg-query -W -f '\${db:Status-Abbrev}\${Package} \${Architecture}\n'`,
  parse: (stdout) => {
    const lines = stdout.split('\n')
    const native = lines.find((line) => line.startsWith('dpkg ', 3))?.slice(8)
    return Object.fromEntries(lines.flatMap((line) => (line === '' ? [] : parseLine(line, native))))
  },
})

/** A package's version; all `null` where it is not (fully) installed. */
export interface VersionState extends State {
  /** As dpkg knows it, such as `5:28.3.3-1~debian.13~trixie`. */
  version: string | null
  /** Without epoch and Debian revision, such as `28.3.3`. */
  upstream: string | null
}

const versions = family<VersionState>({
  name: 'apt.version',
  needs: ['dpkg-query'],
  // Exit code 1 says that some are unknown; those are just not in the answer (dpkg-query(1)).
  read: (keys) =>
    sh`dpkg-query -W -f '\${Package} \${Version} \${db:Status-Status}\n' -- ${keys} 2>/dev/null || [ $? = 1 ]`,
  parse: (stdout, keys) => {
    const found = new Map(stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? [pair(line)] : [])))
    return new Map(
      keys.map((key) => {
        const version = found.get(key) ?? null
        return [key, { version, upstream: version?.replace(/^\d+:/, '').replace(/-[^-]*$/, '') ?? null }]
      }),
    )
  },
})

const pair = (line: string): [string, string] => {
  const [name = '', version = ''] = line.split(' ')
  return [name, version]
}

/** Debian Policy 5.6.1, and an architecture where one is meant. A `-` at the end would mean removal to apt-get(8). */
const NAME = /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](:[a-z0-9-]+)?$/

const checked = (name: string): string => {
  if (!NAME.test(name)) throw new TypeError(`not the name of a Debian package: ${JSON.stringify(name)}`)
  return name
}

/**
 * The version of an installed package. All packages that are asked for cost one dpkg-query(1).
 *
 * @throws TypeError on what is no package's name
 */
export const version = (name: string): Probe<VersionState> => versions(checked(name))

export interface AptOptions {
  /** Unless given: after the packages. */
  readonly title?: string
  readonly notifies?: Handler | readonly Handler[]
}

export interface InstallOptions extends AptOptions {
  /** Installs what the packages recommend, too. Not unless asked for: a server has what its roles name. */
  readonly recommends?: boolean
  /** Lets packages be removed that are in the way. Otherwise the installation fails and names them. */
  readonly replaces?: boolean
}

const list = (prefix: string, names: readonly string[], value: 'installed' | true | null): State =>
  Object.fromEntries(names.map((name) => [`${prefix}${checked(name)}`, value]))

/** The packages behind drifted keys, once each. */
const named = ({ keys }: Drift): string[] => [...new Set(keys.map((key) => key.replace(/^(config|hold):/, '')))]

const effects = ({ notifies }: AptOptions) => notifies !== undefined && { notifies }

const withVersion = (name: string, claims: readonly Claim[] = []): readonly Claim[] =>
  claims.some(({ probe: { id } }) => id === version(name).id) ? claims : [...claims, version(name).unsettled]

/**
 * Packages that are installed, whatever their version, in one go; half-installed ones are finished. `provides` names,
 * by package, what its installation brings. Package lists are refreshed by the command where it needs that.
 *
 * @throws TypeError on what is no package's name
 */
export const installed = (
  names: readonly string[],
  provides: Readonly<Record<string, readonly Claim[]>> = {},
  options: InstallOptions = {},
): Declared =>
  task({
    title: options.title ?? `apt install ${names.join(' ')}`,
    want: packages.is(list('', names, 'installed')),
    apply: ({ keys }) => sh`tu_apt install ${installArguments(options)} ${keys}`,
    provides: ({ keys }) => keys.flatMap((name) => withVersion(name, provides[name])),
    reboots: true,
    timeout: 1800,
    ...effects(options),
  })

const installArguments = ({ recommends = false, replaces = false }: InstallOptions): string[] => [
  recommends ? '--install-recommends' : '--no-install-recommends',
  ...(replaces ? [] : ['--no-remove']),
]

/**
 * Packages that are not there. Their configuration stays unless `purge` is set. Fails, naming them, where other
 * packages need them: nothing is removed that the task does not name.
 *
 * @throws TypeError on what is no package's name
 */
export const absent = (names: readonly string[], options: AptOptions & { readonly purge?: boolean } = {}): Task =>
  task({
    title: options.title ?? `apt ${options.purge ? 'purge' : 'remove'} ${names.join(' ')}`,
    want: packages.is({ ...list('', names, null), ...(options.purge && list('config:', names, null)) }),
    apply: (drift) => sh`tu_apt ${options.purge ? 'purge' : 'remove'} ${named(drift)}`,
    provides: ({ keys }) => keys.flatMap((key) => (key.startsWith('config:') ? [] : [version(key).is(GONE)])),
    timeout: 1800,
    ...effects(options),
  })

const GONE: VersionState = { version: null, upstream: null }

/**
 * Packages that no upgrade touches (apt-mark(8), hold), once they are installed.
 *
 * @throws TypeError on what is no package's name
 */
export const held = (names: readonly string[], options: AptOptions = {}): Task =>
  task({
    title: options.title ?? `apt hold ${names.join(' ')}`,
    want: packages.is(list('hold:', names, true)),
    apply: (drift) => sh`tu_apt_turn apt-mark hold -- ${named(drift)}`,
    ...effects(options),
  })

/**
 * Packages that upgrades may touch again.
 *
 * @throws TypeError on what is no package's name
 */
export const unheld = (names: readonly string[], options: AptOptions = {}): Task =>
  task({
    title: options.title ?? `apt unhold ${names.join(' ')}`,
    want: packages.is(list('hold:', names, null)),
    apply: (drift) => sh`tu_apt_turn apt-mark unhold -- ${named(drift)}`,
    ...effects(options),
  })
