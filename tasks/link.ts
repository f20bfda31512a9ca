import { sh, type Declared, task } from '../lib/index.ts'
import { absolute } from './attributes.ts'
import { effects, type PathOptions, validation } from './file.ts'
import { path as pathAt } from './path.ts'

export interface LinkOptions extends PathOptions {
  /** What it points at, as it is written into the link. */
  readonly target: string
}

/** A symbolic link; a file or another link in its place is replaced, a directory never. */
export const link = (options: LinkOptions): Declared =>
  task({
    title: options.title ?? `link ${options.path}`,
    owns: [{ path: options.path }],
    want: pathAt(absolute(options.path)).is({ type: 'link', target: options.target }),
    apply: () => sh`tu_link ${options.path} ${options.target}${validation(options.validate)}`,
    ...effects(options),
  })
