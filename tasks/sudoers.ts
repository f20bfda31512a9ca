import { type Handler, sh, type Task } from '../lib/index.ts'
import { file } from './file.ts'

export interface SudoersOptions {
  /** Names the file in /etc/sudoers.d. sudo ignores names with a dot, so there is none. */
  readonly name: string
  /** Lines as in sudoers(5), such as `deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload nginx`. */
  readonly rules: readonly string[]
  readonly notifies?: Handler | readonly Handler[]
}

/**
 * Rules for sudo in a file of their own, put in place only once visudo(8) accepts the whole configuration with them.
 *
 * @throws TypeError on a name that sudo ignores and on a rule of several lines
 */
export const sudoers = ({ name, rules, notifies }: SudoersOptions): Task => {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name))
    throw new TypeError(`not a name that sudo reads in /etc/sudoers.d: ${JSON.stringify(name)}`)
  for (const rule of rules) {
    if (/[\r\n\0]|\\$/.test(rule)) throw new TypeError(`a rule for sudo is one line: ${JSON.stringify(rule)}`)
  }
  return file({
    path: `/etc/sudoers.d/${name}`,
    title: `sudoers ${name}`,
    content: rules.map((rule) => `${rule}\n`).join(''),
    mode: '0440',
    validate: { tree: '/etc/sudoers.d', check: sh`visudo -c` },
    ...(notifies !== undefined && { notifies }),
  })
}
