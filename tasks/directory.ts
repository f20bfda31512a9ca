import { sh, type Declared, task } from '../lib/index.ts'
import { absolute, attributes } from './attributes.ts'
import { effects, type PathOptions } from './file.ts'
import { path as pathAt } from './path.ts'

export interface DirectoryOptions extends Omit<PathOptions, 'validate'> {
  /** Four octal digits; 0755 unless given. */
  readonly mode?: string
  readonly owner?: string
  readonly group?: string
}

/** A directory with this mode and owner. Its parent must be there; its content is left alone. */
export const directory = (options: DirectoryOptions): Declared => {
  const { path, mode = '0755', owner = 'root', group = 'root' } = options
  return task({
    title: options.title ?? `directory ${path}`,
    owns: [{ path }],
    want: pathAt(absolute(path)).is({ type: 'directory', ...attributes({ mode, owner, group }) }),
    alone: true,
    apply: () => sh`tu_dir ${path} ${mode} ${owner} ${group}`,
    ...effects(options),
  })
}
