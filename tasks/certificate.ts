import { family, sh, type State, type Task, task } from '../lib/index.ts'
import { effects, type PathOptions } from './file.ts'

/** What a certificate and its key are like; everything `null` or false where there is none. */
export interface CertificateState extends State {
  /** The names it is for, sorted and separated by blanks. */
  names: string | null
  /** The key is the certificate's. */
  matches: boolean
  keyMode: string | null
  /** It is valid for at least {@link RENEW_DAYS} more days. */
  lasting: boolean
}

/** A certificate with fewer days left than this is made anew. */
const RENEW_DAYS = 30

/** A certificate and its key, by `CERT:KEY` (openssl-x509(1), openssl-pkey(1)). */
export const certificate = family<CertificateState>({
  name: 'certificate',
  needs: ['openssl'],
  read: (keys) => sh`for pair in ${keys}; do
  cert=\${pair%%:*} key=\${pair#*:}
  printf '%s\0' "$pair"
  [ -f "$cert" ] && openssl x509 -in "$cert" -noout -ext subjectAltName 2>/dev/null | tr -d '\n'
  printf '\0'
  [ -f "$key" ] && public=$(openssl pkey -in "$key" -pubout 2>/dev/null </dev/null) && [ "$public" = "$(openssl x509 -in "$cert" -noout -pubkey 2>/dev/null)" ] && printf yes
  printf '\0'
  [ -f "$key" ] && stat -c %a -- "$key" | tr -d '\n'
  printf '\0'
  [ -f "$cert" ] && openssl x509 -in "$cert" -noout -checkend ${RENEW_DAYS * 86_400} >/dev/null 2>&1 && printf yes
  printf '\0'
done`,
  parse: (stdout, keys) => {
    const fields = stdout.split('\0')
    const states = new Map<string, CertificateState>()
    for (let at = 0; at + 4 < fields.length; at += 5) {
      const [pair = '', names = '', matches, mode = '', lasting] = fields.slice(at, at + 5)
      states.set(pair, {
        names: parseNames(names),
        matches: matches === 'yes',
        keyMode: mode === '' ? null : mode.padStart(4, '0'),
        lasting: lasting === 'yes',
      })
    }
    const none: CertificateState = { names: null, matches: false, keyMode: null, lasting: false }
    return new Map(keys.map((key) => [key, states.get(key) ?? none]))
  },
})

const parseNames = (text: string): string | null => {
  const names = [...text.matchAll(/DNS:([^,\s]+)/g)].map(([, name]) => name ?? '')
  return names.length === 0 ? null : names.sort().join(' ')
}

export interface SelfSignedOptions extends Omit<PathOptions, 'path' | 'validate'> {
  readonly cert: string
  readonly key: string
  /** Host names, the first of them the certificate's common name. */
  readonly names: readonly string[]
}

const DAYS = 365

/**
 * A certificate signed by its own key, which is made on the host and never leaves it. For sandboxes, and until a real
 * one is there: wanted are its properties, never its bytes.
 *
 * @throws TypeError when a path holds a colon or a name is no host name
 */
export const selfSigned = (options: SelfSignedOptions): Task => {
  const { cert, key, names } = options
  if (`${cert}${key}`.includes(':')) throw new TypeError(`a certificate's path cannot hold a colon: ${cert}, ${key}`)
  const bad = names.find((name) => !/^(\*\.)?[a-z0-9.-]+$/i.test(name))
  if (bad !== undefined || names.length === 0)
    throw new TypeError(`not a host name for a certificate: ${JSON.stringify(bad)}`)
  return task({
    title: options.title ?? `self-signed certificate ${cert}`,
    owns: [{ path: cert }, { path: key }],
    want: certificate(`${cert}:${key}`).is({
      names: [...names].sort().join(' '),
      matches: true,
      keyMode: '0600',
      lasting: true,
    }),
    apply: () => sh`stage=$(mktemp -d /run/trueup.XXXXXXXX) && trap 'rm -rf -- "$stage"' EXIT &&
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days ${DAYS} -subj ${`/CN=${names[0]}`} -addext ${`subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`} -keyout "$stage/key" -out "$stage/cert" &&
tu_put ${key} 0600 root root < "$stage/key" &&
tu_put ${cert} 0644 root root < "$stage/cert"`,
    ...effects({ path: cert, ...options }),
  })
}
