import { type Handler, type Task } from '../lib/index.ts'
import { file } from './file.ts'
import { fingerprints, isArmored } from './openpgp.ts'

export interface RepositoryOptions {
  /** Names the files: `/etc/apt/sources.list.d/NAME.sources` and `/etc/apt/keyrings/NAME.asc`. */
  readonly name: string
  readonly uris: readonly string[]
  /** Such as the host's codename; a suite that ends in `/` is an exact path and has no components. */
  readonly suites: readonly string[]
  readonly components?: readonly string[]
  /** dpkg's names; every architecture of the host unless given. */
  readonly architectures?: readonly string[]
  /** The key that signs it, ASCII armored or as bytes; kept in `files/`, never fetched while running. */
  readonly key: string | Buffer
  /** The fingerprint of every primary key in it, however spaced: what has been checked by a person. */
  readonly fingerprint: string | readonly string[]
  readonly notifies?: Handler | readonly Handler[]
}

/** One word of a field in deb822(5): no spaces, no line ends, nothing that could begin another field or comment. */
const words = (field: string, values: readonly string[], pattern: RegExp): string => {
  for (const value of values) {
    if (!pattern.test(value)) throw new TypeError(`${field} of an apt repository cannot be ${JSON.stringify(value)}`)
  }
  return values.length === 0 ? '' : `${field}: ${values.join(' ')}\n`
}

const URI = /^(https?|file|mirror\+https?):\/[\x21-\x7e]+$/
const SUITE = /^[A-Za-z0-9.][A-Za-z0-9._/-]*$/
const COMPONENT = /^[a-z0-9][A-Za-z0-9._/-]*$/
const ARCHITECTURE = /^[a-z0-9-]+$/

const spelled = (fingerprint: string): string => fingerprint.replace(/^0x|\s+/g, '').toUpperCase()

const verify = (name: string, key: Buffer, wanted: readonly string[]): void => {
  const found = fingerprints(key)
  const missing = wanted.map(spelled).filter((one) => !found.includes(one))
  const extra = found.filter((one) => !wanted.map(spelled).includes(one))
  if (missing.length > 0 || extra.length > 0)
    throw new TypeError(`the key of apt repository ${name} is ${found.join(', ')}, not ${wanted.join(', ')}`)
}

/** The source's text (sources.list(5), deb822-style format). */
const source = ({ uris, suites, components = [], architectures = [] }: RepositoryOptions, keyring: string): string => {
  if (uris.length === 0 || suites.length === 0) throw new TypeError('an apt repository needs a URI and a suite')
  const exact = suites.filter((suite) => suite.endsWith('/')).length
  if (exact > 0 ? components.length > 0 || exact < suites.length : components.length === 0)
    throw new TypeError('suites of an apt repository have components, those that end in “/” have none')
  return [
    'Types: deb\n',
    words('URIs', uris, URI),
    words('Suites', suites, SUITE),
    words('Components', components, COMPONENT),
    words('Architectures', architectures, ARCHITECTURE),
    `Signed-By: ${keyring}\n`,
  ].join('')
}

/**
 * A third-party repository: its key, then the source that trusts this key and no other. The next `apt install` that has
 * something to do sees that the sources are newer than the package lists. `/etc/apt/keyrings` comes with apt (2.4).
 *
 * @throws TypeError when the key's fingerprint is not the given one, or a value cannot stand in the file
 */
export const repository = (options: RepositoryOptions): Task[] => {
  const { name, fingerprint, notifies } = options
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(name))
    throw new TypeError(`not a name for an apt repository: ${JSON.stringify(name)}`)
  const key = Buffer.from(options.key)
  verify(name, key, typeof fingerprint === 'string' ? [fingerprint] : fingerprint)
  const keyring = `/etc/apt/keyrings/${name}.${isArmored(key) ? 'asc' : 'gpg'}`
  const effects = notifies !== undefined && { notifies }
  return [
    file({ path: keyring, content: key, title: `apt key ${name}`, ...effects }),
    file({
      path: `/etc/apt/sources.list.d/${name}.sources`,
      content: source(options, keyring),
      title: `apt repository ${name}`,
      ...effects,
    }),
  ]
}
