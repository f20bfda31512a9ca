import { blob, type Claim, sh, type Task, task } from '../../lib/index.ts'
import { install, installed, modes, stage } from './install.ts'
import type { Issuer } from './issued.ts'
import { certificate, type Pair } from './state.ts'

const DAYS = 3650

/** Lines of a configuration for openssl(1), as a file for it. */
const config = (lines: readonly string[]) => sh`<(printf '%s\n' ${lines})`

/**
 * An authority of the host's own, for hosts whose certificates nobody else has to believe: a sandbox, a machine at home.
 * Its key is made there and stays there.
 *
 * @param options.minDays - one with fewer days left is made anew: no fewer than its certificates are to last
 * @param options.provides - what a new one brings: what the old one has signed counts no longer
 */
export const authority = ({
  cert,
  key,
  name,
  minDays,
  provides = [],
}: Pair & {
  readonly name: string
  readonly minDays: number
  readonly provides?: readonly Claim[]
}): readonly Task[] => {
  const pair = { cert, key }
  const extensions = ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign,cRLSign']
  const lines = ['[req]', 'distinguished_name=dn', 'x509_extensions=ca', '[dn]', '[ca]', ...extensions]
  return [
    task({
      title: `private CA ${cert}`,
      owns: [{ path: cert }, { path: key }],
      want: certificate(pair, { days: minDays }).is({ kind: 'EC P-256', matches: true, lasting: true }),
      apply: () => sh`${stage(pair)} && trap 'rm -rf -- "$stage"' EXIT &&
openssl req -x509 -config ${config([...lines, 'subjectKeyIdentifier=hash'])} -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days ${DAYS} -subj ${`/CN=${name}`} -keyout "$stage/key" -out "$stage/cert" &&
${install(pair)}`,
      provides: [...installed(pair), ...provides],
    }),
    ...modes(pair),
  ]
}

/** Signs with an authority's key on the host: for {@link authority}. What it certifies is ours to say, not the request's. */
export const signedBy = ({ cert, key }: Pair): Issuer => ({
  ca: cert,
  sign: async ({ $ }, request, { names, days }) => {
    const extensions = [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=serverAuth',
      `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
      'subjectKeyIdentifier=hash',
      'authorityKeyIdentifier=keyid',
    ]
    return await $`openssl x509 -req -sha256 -CA ${cert} -CAkey ${key} -set_serial "0x1$(openssl rand -hex 15)" -days ${days} -extfile ${config(extensions)} ${blob(request)}`.text()
  },
})
