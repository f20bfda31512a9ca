import * as z from 'zod'
import { handler, probe, role, sh, task } from '../../../lib/index.ts'
import * as apt from '../../../tasks/apt.ts'
import { sshdSettings } from '../../../tasks/sshd.ts'
import * as ufw from '../../../tasks/ufw.ts'

const thereAt = (path: string) =>
  probe({
    id: `there:${path}`,
    read: sh`[ ! -e ${path} ] || echo there`,
    parse: (out) => ({ there: out === 'there\n' }),
  })

/** Shuts everybody out, as a person would by hand, and takes its time. */
const wall = role({
  name: 'wall',
  vars: z.strictObject({}),
  tasks: () => [
    task({
      title: 'wall',
      want: thereAt('/etc/wall').is({ there: true }),
      guard: { ...ufw.guard, files: [...(ufw.guard.files ?? []), '/etc/wall'] },
      apply: () =>
        sh`ufw --force reset >/dev/null && ufw default deny incoming && ufw --force enable && touch /etc/wall && sync`,
    }),
  ],
})

/** Installs what the wall is made of. */
const stones = role({
  name: 'stones',
  vars: z.strictObject({}),
  tasks: () => [apt.installed(['ufw'], { ufw: ufw.provided })],
})

/** Changes what sshd says. */
const door = role({
  name: 'door',
  vars: z.strictObject({ port: z.int().optional(), more: z.record(z.string(), z.string()).default({}) }),
  tasks: ({ vars, host }) => [
    sshdSettings({ maxAuthTries: 3, maxSessions: 10, tcpForwarding: 'no', exempt: [], ...vars }, host.sshPort),
  ],
})

/** Asks for a handler, and then takes its time. */
const owing = role({
  name: 'owing',
  vars: z.strictObject({}),
  tasks: () => [
    task({
      title: 'settings',
      want: thereAt('/etc/owed').is({ there: true }),
      apply: () => sh`touch /etc/owed`,
      notifies: handler({
        id: 'take up:settings',
        title: 'take up settings',
        run: sh`touch /etc/taken-up`,
        want: thereAt('/etc/taken-up').is({ there: true }),
      }),
    }),
    task({
      title: 'slow',
      want: thereAt('/etc/slow').is({ there: true }),
      apply: () => sh`touch /etc/slow-begun; sleep 20; touch /etc/slow`,
    }),
  ],
})

/** Wants what is there. */
const calm = role({
  name: 'calm',
  vars: z.strictObject({}),
  tasks: () => [task({ title: 'calm', want: thereAt('/etc/passwd').is({ there: true }), apply: () => sh`false` })],
})

export const roles = [stones, wall, door, owing, calm]
