import { dirname } from 'node:path'
import { type Claim, sh, type Sh, type Task, task } from '../../lib/index.ts'
import { path as pathAt, type PathState } from '../path.ts'
import type { Pair } from './state.ts'

const file = (mode: string): Partial<PathState> => ({ type: 'file', mode, owner: 'root', group: 'root' })

const MODES = { cert: '0644', key: '0600' } as const

/** Where a pair is made ready, beside its place; what an interrupted run left there is swept by the next. */
const stageOf = ({ key }: Pair): string => `${dirname(key)}/.trueup.next`

/** An empty folder for the new pair, `$stage`; nobody else may look into it, or at what is written there. */
export const stage = (pair: Pair): Sh => sh`umask 077; stage=${stageOf(pair)}; rm -rf -- "$stage" && mkdir -- "$stage"`

/** The folder of {@link stage} in a later command. */
export const staged = (pair: Pair): Sh => sh`umask 077; stage=${stageOf(pair)}`

/** Nothing is left of {@link stage}. */
export const unstage = (pair: Pair): Sh => sh`rm -rf -- ${stageOf(pair)}`

/** Puts `$stage/cert` and `$stage/key` in place, as one and only where they belong together. */
export const install = ({
  cert,
  key,
}: Pair): Sh => sh`{ public=$(openssl pkey -in "$stage/key" -passin pass: -pubout </dev/null) &&
  [ "$public" = "$(openssl x509 -in "$stage/cert" -noout -pubkey)" ] ||
  { echo "the key is not the certificate's; nothing was replaced" >&2; false; }; } &&
for path in ${[cert, key]}; do
  [ ! -d "$path" ] || [ -L "$path" ] || { echo "$path is a directory; it is not replaced by a file" >&2; exit 1; }
done &&
chown root:root -- "$stage/cert" "$stage/key" && chmod ${MODES.cert} -- "$stage/cert" && chmod ${MODES.key} -- "$stage/key" &&
sync -- "$stage/cert" "$stage/key" &&
mv -fT -- "$stage/key" ${key} && mv -fT -- "$stage/cert" ${cert} && sync -- ${[...new Set([dirname(cert), dirname(key)])]} && rmdir -- "$stage"`

/** What {@link install} brings beside the pair's own state. */
export const installed = ({ cert, key }: Pair): readonly Claim[] => [
  pathAt(cert).is(file(MODES.cert)),
  pathAt(key).is(file(MODES.key)),
]

/** The key is root's alone and the certificate for all to read; a mode that went astray costs nobody a new key. */
export const modes = (pair: Pair): readonly Task[] =>
  (['key', 'cert'] as const).map((part) =>
    task({
      title: `mode of ${pair[part]}`,
      want: pathAt(pair[part]).is(file(MODES[part])),
      apply: () => sh`chown root:root -- ${pair[part]} && chmod ${MODES[part]} -- ${pair[part]}`,
    }),
  )
