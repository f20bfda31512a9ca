import {
  all,
  check,
  type Declared,
  derive,
  type Guard,
  type Handler,
  handler,
  sh,
  type State,
  type Task,
} from '../lib/index.ts'
import { file, type Validate } from './file.ts'
import { file as fileAt } from './path.ts'
import { effective, settings, type SshdOptions } from './sshd/settings.ts'
import { DROPIN, hex, LISTENING, listens, sshd } from './sshd/state.ts'
import { unit } from './systemd.ts'
import { admits } from './ufw/admits.ts'
import { rules, state as ufw } from './ufw/state.ts'
import { dropin } from './unit-file.ts'

export { keyExchanges, type SshdOptions } from './sshd/settings.ts'
export { listens, sshd, type SshdState } from './sshd/state.ts'

/** sshd reads its whole configuration with the change before any of it is put in place; it wants its folder in /run. */
const valid: Validate = { tree: '/etc/ssh', check: sh`mkdir -p /run/sshd && sshd -t` }

const header = '# Managed by trueup: changes made here are put back.\n'

/**
 * Where ssh.socket owns the port it must be restarted, which systemd refuses while its service is up; sessions go on,
 * since the service's stop ends its main process only. Whatever fails, sshd is up again afterwards.
 */
const moved = (port: number) =>
  all(
    sh`systemctl daemon-reload`,
    sh`at_port() { [[ $(${LISTENING}) == *${hex(port)}* ]]; }
if systemctl -q is-active ssh.socket && ! at_port; then
  systemctl stop ssh.service && systemctl restart ssh.socket || { systemctl start ssh.service; false; }
else systemctl reload-or-restart ssh.service; fi`,
    sh`for n in {1..50}; do ! at_port || break; sleep 0.1; done`,
  )

/** Reads sshd's configuration anew at the end of the role; with a port, until that is what it listens on. */
export const reload = (port?: number): Handler =>
  handler({
    id: 'reload:ssh',
    title: 'reload ssh',
    run: port === undefined ? sh`systemctl reload-or-restart ssh.service` : moved(port),
    want: port === undefined ? unit('ssh').is({ active: true }) : listens(String(port)).is({ listens: true }),
  })

const SOCKET = '/etc/systemd/system/ssh.socket.d/trueup.conf'

/** Our files as they were, and sshd on them again; whoever owns the port. */
const guard: Guard = {
  files: [DROPIN, SOCKET],
  undo: sh`systemctl daemon-reload
if systemctl -q is-active ssh.socket; then systemctl stop ssh.service; systemctl restart ssh.socket
else systemctl reload-or-restart ssh.service || systemctl restart ssh.service; fi`,
}

const refusal = (title: string, message: string) =>
  check({ title, want: sshd.is({ version: 'none' }), level: 'fail', say: () => message })

/** What sshd will say once our file is there: where another file speaks first, that one's word stays. */
const foretold = (found: State, wants: Readonly<Record<string, string>>): State => {
  if (found['included'] === false) return {}
  const ours = Object.entries(wants).filter(([keyword]) => found[`before:${keyword}`] === undefined)
  return { ...Object.fromEntries(ours), broken: null }
}

/** The line by which we came in must not just go: sshd would be back on port 22, which the inventory does not name. */
const isLost = (found: State, { port }: SshdOptions, live: number | null): boolean =>
  port === undefined && found['ours:port'] !== undefined && Number(found['ours:port']) === live && live !== 22

/**
 * sshd's settings as a drop-in ahead of all others, spelled for the version that is installed and put in place once sshd
 * accepts the whole of its configuration.
 *
 * @param live - the port that this connection came in by
 */
export const sshdSettings = (options: SshdOptions, live: number | null): Task => {
  const title = `file ${DROPIN}`
  return derive({
    title,
    from: sshd,
    reads: [fileAt(DROPIN)],
    owns: [{ path: DROPIN }],
    make: (found) => {
      const { version } = found
      if (version === null) return refusal(title, 'there is no sshd here: the package openssh-server is needed')
      if (isLost(found, options, live))
        return refusal(
          title,
          `sshd was moved to port ${live}, and ssh.port no longer says so: say ${live}, or 22 to move it back`,
        )
      const lines = settings(version, options).map(({ keyword, value }) => `${keyword} ${value}\n`)
      return file({
        path: DROPIN,
        title,
        content: header + lines.join(''),
        validate: valid,
        notifies: reload(options.port),
        guard,
        provides: [sshd.is(foretold(found, effective(version, options)))],
      })
    },
  })
}

/** Why a setting is not as our file says. */
const blame = (now: State, key: string, is: unknown, wants: unknown): string => {
  const where = now[`before:${key}`]
  const why =
    where !== undefined
      ? `${where} ${key === 'port' ? 'adds to it' : 'comes first'}`
      : `something beside ${DROPIN} says so`
  return `${key} is ${is ?? 'unknown'}, not ${wants}: ${now['included'] === false ? '/etc/ssh/sshd_config does not include its folder sshd_config.d' : why}`
}

/** What sshd makes of all its files is what ours says (`sshd -T`): no other file speaks before it. Blocks of `Match` are not looked at. */
export const sshdInEffect = (options: SshdOptions): Task => {
  const title = 'sshd settings in effect'
  return derive({
    title,
    from: sshd,
    reads: [],
    make: ({ version }) =>
      check({
        title,
        want: sshd.is({ broken: null, ...effective(version ?? '', options) }),
        level: 'fail',
        say: ({ now, changes }) =>
          typeof now['broken'] === 'string'
            ? `sshd refuses its configuration and would not start again: ${now['broken']}`
            : changes.map(({ key, from, to }) => blame(now, key, from, to)).join('; '),
      }),
  })
}

/** The port of ssh.socket where it is Debian's own, which has 22 written into it; Ubuntu's follows sshd_config by itself (D38). */
export const socketPort = (port: number): Task => {
  const title = 'drop-in ssh.socket trueup'
  return derive({
    title,
    from: sshd,
    reads: [fileAt(SOCKET)],
    owns: [{ path: SOCKET }],
    make: ({ generator }): Declared | ReturnType<typeof refusal> => {
      if (generator) return check({ title, want: sshd.is({}), level: 'warn', say: () => '' })
      const content = `${header}[Socket]\nListenStream=\nListenStream=${port}\n`
      const task = dropin({ unit: 'ssh.socket', name: 'trueup', content, title, notifies: reload(port), guard })
      if (task.kind !== 'task') throw new TypeError('a drop-in is written by one command')
      return task
    },
  })
}

/** A firewall that is up must let ssh in by its new port before sshd moves there. */
export const portAdmitted = (port: number, from: string | null): Task => {
  const title = 'new ssh port admitted'
  return derive({
    title,
    from: rules,
    reads: [ufw],
    make: (found) =>
      check({
        title,
        want: ufw.is(admits(found, { port, ...(from !== null && { from }) }) ? {} : { enabled: false }),
        level: 'fail',
        say: () =>
          `refused: sshd is to move to port ${port}, where the rules of ufw would let nobody in; first say \`ufw.ssh.ports: [${port}]\` and run --role ufw`,
      }),
  })
}
