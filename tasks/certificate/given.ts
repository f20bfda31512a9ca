import { blob, type Declared, type Secret, sh, task } from '../../lib/index.ts'
import { effects, type PathOptions } from '../file.ts'
import { install, installed, stage } from './install.ts'
import { certificate, leafState, type Pair } from './state.ts'
import { chainOf, flaws, type Purpose } from './x509.ts'

export interface GivenOptions extends Pair, Purpose, Omit<PathOptions, 'path' | 'validate'> {
  /** The certificate, its chain behind it. PEM. */
  readonly certificate: string
  /** The key. PEM. */
  readonly secret: Secret
  /** Fewer days left are worth a warning: what a check of them will find. */
  readonly minDays: number
}

/**
 * A certificate and a key that we have, installed as one.
 *
 * @throws Error naming every flaw: to be made in a `derive`, where that fails the task before anything is replaced
 */
export const given = (options: GivenOptions): Declared => {
  const { cert, key, certificate: pem, secret, minDays, now } = options
  const [leaf] = chainOf(pem)
  const wrong = flaws(pem, secret.reveal(), options)
  if (leaf === undefined || wrong.length > 0) throw new Error(`refused, and nothing was replaced: ${wrong.join('; ')}`)
  const pair = { cert, key }
  const content = blob(pem)
  const found = { sha256: content.sha256, matches: true }
  return task({
    title: options.title ?? `certificate ${cert}`,
    owns: [{ path: cert }, { path: key }],
    want: certificate(pair).is({ ...found, lasting: true }),
    apply: () => sh`${stage(pair)} && trap 'rm -rf -- "$stage"' EXIT &&
cat > "$stage/key" ${blob(secret)} && cat > "$stage/cert" ${content} && ${install(pair)}`,
    ...effects({
      path: cert,
      ...options,
      provides: [
        ...installed(pair),
        certificate(pair, { days: minDays }).is({ ...leafState(leaf, now, minDays), ...found }),
        ...(options.provides ?? []),
      ],
    }),
  })
}
