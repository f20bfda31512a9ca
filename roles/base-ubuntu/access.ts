import { sh, type Task } from '../../lib/index.ts'
import { authorizedKeys } from '../../tasks/authorized-keys.ts'
import { file, type Validate } from '../../tasks/file.ts'
import { group } from '../../tasks/group.ts'
import { sudoers } from '../../tasks/sudoers.ts'
import { reload, restart, running } from '../../tasks/systemd.ts'
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

const sshd: Validate = { tree: '/etc/ssh', check: sh`mkdir -p /run/sshd && sshd -t` }

/** Who may come in by ssh and how, and what becomes of those who keep trying. */
export const access = ({ ssh, admin }: Vars): Task[] => [
  file({
    path: '/etc/ssh/sshd_config.d/00-trueup.conf',
    content: template.sshd(ssh),
    validate: sshd,
    notifies: reload('ssh'),
  }),
  file({ path: '/etc/fail2ban/jail.d/trueup.local', content: template.fail2ban(admin), notifies: restart('fail2ban') }),
  running('fail2ban'),
]
