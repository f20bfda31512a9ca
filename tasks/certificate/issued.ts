import { blob, type Context, type Imperative, task } from '../../lib/index.ts'
import { effects, type PathOptions } from '../file.ts'
import { install, installed, stage, staged, unstage } from './install.ts'
import { certificate, type Pair } from './state.ts'
import { flaws } from './x509.ts'

/** Who signs: an authority on the host itself, or one that the runner asks. */
export interface Issuer {
  /** Its own certificate on the host, where it is there: what it has not signed is made anew. */
  readonly ca?: string
  /**
   * Makes a certificate (PEM, its chain behind it) of a request (PEM, PKCS #10), which holds no more than the public key.
   *
   * @throws Error when it will not
   */
  sign(
    ctx: Context,
    request: string,
    wanted: { readonly names: readonly string[]; readonly days: number },
  ): Promise<string>
}

export interface IssuedOptions extends Pair, Omit<PathOptions, 'path' | 'validate'> {
  /** Host names, `*.` for all of a level; the first is the common name, too. */
  readonly names: readonly string[]
  readonly issuer: Issuer
  /** How long a new one lasts. */
  readonly days: number
  /** One with fewer days left is made anew. */
  readonly minDays: number
}

/**
 * A certificate from an issuer. Its key is made on the host and never leaves it; wanted are its properties, never its
 * bytes. The old pair stays until the new one has been checked.
 *
 * @throws TypeError when a path holds a colon or a name is no host name
 */
export const issued = (options: IssuedOptions): Imperative => {
  const { cert, key, names, issuer, days, minDays } = options
  const bad = names.find((name) => !/^(\*\.)?[a-z0-9.-]+$/.test(name))
  if (bad !== undefined || names.length === 0)
    throw new TypeError(`not a host name for a certificate: ${JSON.stringify(bad)}`)
  const pair = { cert, key }
  const want = {
    names: [...names].sort().join(' '),
    kind: 'EC P-256',
    matches: true,
    lasting: true,
    ...(issuer.ca !== undefined && { signed: true }),
  }
  return task({
    title: options.title ?? `certificate ${cert}`,
    owns: [{ path: cert }, { path: key }],
    want: certificate(pair, { days: minDays, ...(issuer.ca !== undefined && { ca: issuer.ca }) }).is(want),
    run: async (ctx) => {
      try {
        const request = await ctx.$`${stage(pair)} &&
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$stage/key" -subj ${`/CN=${names[0]}`} -addext ${`subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`}`.text()
        const pem = await issuer.sign(ctx, request, { names, days })
        const wrong = flaws(pem, undefined, { hosts: names, now: new Date() })
        if (wrong.length > 0) throw new Error(`the issuer's is refused, and nothing was replaced: ${wrong.join('; ')}`)
        await ctx.$`${staged(pair)}; cat > "$stage/cert" ${blob(pem)} && ${install(pair)}`
      } catch (error) {
        // The first error is the one to tell; what is left is swept by the next run otherwise.
        await ctx.$`${unstage(pair)}`.nothrow().catch(() => {})
        throw error
      }
    },
    ...effects({
      path: cert,
      ...options,
      provides: [
        ...installed(pair),
        certificate(pair).is({ ...want, signed: false, lasting: true }),
        ...(options.provides ?? []),
      ],
    }),
  })
}
