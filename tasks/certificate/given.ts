import { blob, type Declared, type Secret, sh, task } from '../../lib/index.ts'
import { effects, type PathOptions } from '../file.ts'
import { install, installed, stage } from './install.ts'
import { certificate, type Pair } from './state.ts'

export interface GivenOptions extends Pair, Omit<PathOptions, 'path' | 'validate'> {
  /** The certificate, its chain behind it. PEM. */
  readonly certificate: string
  /** Its key. PEM. */
  readonly secret: Secret
}

/** A certificate and a key that we have, installed as one; {@link soundPair} stands before it. */
export const given = (options: GivenOptions): Declared => {
  const { cert, key, secret } = options
  const pair = { cert, key }
  const content = blob(options.certificate)
  return task({
    title: options.title ?? `certificate ${cert}`,
    owns: [{ path: cert }, { path: key }],
    want: certificate(pair).is({ sha256: content.sha256, matches: true, lasting: true }),
    apply: () => sh`${stage(pair)} && trap 'rm -rf -- "$stage"' EXIT &&
cat > "$stage/key" ${blob(secret)} && cat > "$stage/cert" ${content} && ${install(pair)}`,
    ...effects({ path: cert, ...options, provides: [...installed(pair), ...(options.provides ?? [])] }),
  })
}
