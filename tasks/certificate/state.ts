import { createPublicKey, type X509Certificate } from 'node:crypto'
import { family, type Probe, sh, sha256, type State } from '../../lib/index.ts'
import { absolute } from '../attributes.ts'
import { chainOf, dayOf, kindOf, namesOf, validity } from './x509.ts'

/** A certificate and its key on the host, both PEM. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

/** What a certificate is like. */
interface Leaf {
  /** The names it is for, sorted and separated by blanks. */
  names: string | null
  /** What its key is, such as `EC P-256`. */
  kind: string | null
  /** Its last day, such as `2027-01-31`. */
  expires: string | null
  /** Whole days left. */
  days: number | null
  /** It is valid now, and for as many days more as were asked about. */
  lasting: boolean
}

/** What a certificate and its key are like; everything `null` or false where there is none. */
export interface CertificateState extends State, Leaf {
  /** Of the certificate's file, with the chain in it. */
  sha256: string | null
  /** Both are files and no links, and the key is the certificate's. */
  matches: boolean
  /** The authority that was asked about has signed it. */
  signed: boolean
}

/** What else is asked about a pair. */
export interface About {
  /** It is to last so many days more; 0 unless given. */
  readonly days?: number
  /** The certificate of the authority that should have signed it, on the host. */
  readonly ca?: string
}

const NONE: CertificateState = {
  names: null,
  kind: null,
  expires: null,
  days: null,
  lasting: false,
  sha256: null,
  matches: false,
  signed: false,
}

/** What can be told from a certificate alone, at this time. */
export const leafState = (leaf: X509Certificate, now: Date, lasting: number): Leaf => {
  const { from, until, days } = validity(leaf, now)
  return {
    names: [...namesOf(leaf)].sort().join(' ') || null,
    kind: kindOf(leaf.publicKey),
    expires: dayOf(until),
    days,
    lasting: from <= now && until > now && days >= lasting,
  }
}

/** A question, and what it is about: no path holds a colon. */
const asked = (question: string) => {
  const [cert = '', key = '', days = '', ca = ''] = question.split(':')
  return { cert, key, days: Number(days), ca }
}

const unique = (paths: readonly string[]) => [...new Set(paths)].filter((path) => path !== '')

/** Certificates come as they are, since they are public; of a key just its public half (openssl-pkey(1)). */
const certificates = family<CertificateState>({
  name: 'certificate',
  needs: ['openssl'],
  read: (questions) => {
    const about = questions.map(asked)
    return sh`printf '%(%s)T\0' -1
for path in ${unique(about.flatMap(({ cert, ca }) => [cert, ca]))}; do
  printf 'certificate %s\0' "$path"; [ -L "$path" ] || [ ! -f "$path" ] || base64 -w0 -- "$path" || exit; printf '\0'
done
for path in ${unique(about.map(({ key }) => key))}; do
  printf 'key %s\0' "$path"; [ -L "$path" ] || [ ! -f "$path" ] || openssl pkey -in "$path" -passin pass: -pubout 2>/dev/null </dev/null; printf '\0'
done`
  },
  parse: (stdout, questions) => {
    const [seconds = '', ...fields] = stdout.split('\0')
    const now = new Date(Number(seconds) * 1000)
    const told = new Map(fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1] ?? ''] as const] : [])))
    const file = (path: string) => Buffer.from(told.get(`certificate ${path}`) ?? '', 'base64')
    return new Map(
      questions.map((question) => {
        const { cert, key, days, ca } = asked(question)
        const bytes = file(cert)
        const [leaf] = chainOf(bytes.toString())
        if (leaf === undefined) return [question, NONE]
        const [signer] = chainOf(file(ca).toString())
        return [
          question,
          {
            ...leafState(leaf, now, days),
            sha256: sha256(bytes),
            matches: isPublic(leaf, told.get(`key ${key}`) ?? ''),
            signed: signer !== undefined && leaf.checkIssued(signer) && leaf.verify(signer.publicKey),
          },
        ]
      }),
    )
  },
})

const isPublic = ({ publicKey }: X509Certificate, pem: string): boolean =>
  pem !== '' && createPublicKey(pem).equals(publicKey)

/**
 * What a certificate and its key are like. All pairs of a run cost one base64(1) a certificate and one openssl(1) a key.
 *
 * @throws TypeError on paths that cannot be, or that hold a colon
 */
export const certificate = ({ cert, key }: Pair, { days = 0, ca = '' }: About = {}): Probe<CertificateState> => {
  for (const path of unique([cert, key, ca]))
    if (absolute(path).includes(':')) throw new TypeError(`a certificate's path cannot hold a colon: ${path}`)
  return certificates([cert, key, days, ca].join(':'))
}
