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
export const fileMode = ({ path, mode, owner = 'root', group = 'root' }: ModeOptions): Declared =>
  task({
    title: `mode of ${path}`,
    owns: [{ path, part: true }],
    want: pathAt(absolute(path)).is({ type: 'file', ...attributes({ mode, owner, group }) }),
    apply: () => sh`tu_mode ${path} ${mode} ${owner} ${group}`,
  })
