import type { HostFacts, Task } from '../../lib/index.ts'
import { authorizedKeys } from '../../tasks/authorized-keys.ts'
import { file } from '../../tasks/file.ts'
import { group } from '../../tasks/group.ts'
import { line } from '../../tasks/line.ts'
import { fileMode } from '../../tasks/mode.ts'
import { portAdmitted, socketPort, type SshdOptions, sshdInEffect, sshdSettings } from '../../tasks/sshd.ts'
import { sudoers } from '../../tasks/sudoers.ts'
import { restart, running } from '../../tasks/systemd.ts'
import { user } from '../../tasks/user.ts'
import * as template from '../../templates/base.ts'
import type { Vars } from './vars.ts'

/** The user that deploys, and how it may become root. */
export const deployer = ({ user: name, keys, sudo }: Vars['deploy']): Task[] => [
  group({ name }),
  user({ name, group: name, shell: '/bin/bash' }),
  ...(keys.length > 0 ? [authorizedKeys({ user: name, keys })] : []),
  ...(sudo ? [sudoers({ name, rules: [`${name} ALL=(ALL) NOPASSWD: ALL`] })] : []),
]

const sshd = ({ port, ...ssh }: SshdOptions, { sshPort, sshFrom }: HostFacts): Task[] => [
  ...(port === undefined || port === sshPort || sshPort === null ? [] : [portAdmitted(port, sshFrom)]),
  ...(port === undefined ? [] : [socketPort(port)]),
  sshdSettings({ port, ...ssh }, sshPort),
  sshdInEffect({ port, ...ssh }),
  fileMode({ path: '/etc/ssh/sshd_config', mode: '0600' }),
]

/**
 * What a hashed password costs to guess (login.defs(5)). Ages of passwords are not set: one that has run out keeps its
 * owner out with a key, too.
 */
const rounds = (): Task[] =>
  ['MIN', 'MAX'].map((end) =>
    line({
      path: '/etc/login.defs',
      title: `rounds of password hashes, ${end.toLowerCase()}`,
      line: `SHA_CRYPT_${end}_ROUNDS 65536`,
      match: new RegExp(`^\\s*#?\\s*SHA_CRYPT_${end}_ROUNDS\\b`),
    }),
  )

/** Who may come in by ssh and how, and what becomes of those who keep trying. */
export const access = ({ ssh: { settings: more, ...ssh }, admin }: Vars, host: HostFacts): Task[] => [
  ...sshd({ ...ssh, more, exempt: admin }, host),
  file({ path: '/etc/fail2ban/jail.d/trueup.local', content: template.fail2ban(admin), notifies: restart('fail2ban') }),
  running('fail2ban'),
  ...rounds(),
  file({ path: '/etc/issue', content: template.issue }),
  file({ path: '/etc/issue.net', content: template.issue }),
]
