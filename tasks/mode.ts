import { type Declared, sh, task } from '../lib/index.ts'
import { absolute, attributes } from './attributes.ts'
import { path as pathAt } from './path.ts'

export interface ModeOptions {
  readonly path: string
  /** Four octal digits. */
  readonly mode: string
  readonly owner?: string
  readonly group?: string
}

/** The mode and owner of a file whose content is others' business; it must be there, and be no link. */
export const fileMode = ({ path, mode, owner = 'root', group = 'root' }: ModeOptions): Declared => {
  const name = `./${path.slice(path.lastIndexOf('/') + 1)}`
  return task({
    title: `mode of ${path}`,
    owns: [{ path, part: true }],
    want: pathAt(absolute(path)).is({ type: 'file', ...attributes({ mode, owner, group }) }),
    // A second name of a file could be of one that lies elsewhere; chown -h follows no link, and chmod comes after a look.
    apply:
      () => sh`tu_enter ${path} && is() { [ -f ${name} ] && [ ! -L ${name} ] && [ "$(stat -c %h ${name})" = 1 ]; } &&
{ is || { echo ${path} is not there, or no file of one name >&2; false; }; } &&
chown -h -- ${`${owner}:${group}`} ${name} && is && chmod -- ${mode} ${name}`,
  })
}
