import { spawnSync } from 'node:child_process'
import { prelude } from '../../lib/language/prelude.ts'
import { quote, type Sh } from '../../lib/index.ts'

/** What a command came to. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const rendered = (command: Sh | string): string =>
  typeof command === 'string'
    ? command
    : command.render(
        (secret) => quote(secret.reveal()),
        ({ bytes }) => `< <(printf %s ${bytes.toString('base64')} | base64 -d)`,
      )

const ended = (program: string, args: readonly string[], script: string): Ended => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input: script,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
  })
  if (error) throw error
  return { code: status, stdout, stderr }
}

const script = (commands: readonly (Sh | string)[]): string =>
  `${prelude}\n{ ${commands.map((command) => `( eval ${quote(rendered(command))} )`).join(' &&\n')}; } </dev/null`

/** Runs commands as a session does: the prelude, then each in a subshell of its own; the first that fails ends it. */
export const bash = (...commands: readonly (Sh | string)[]): Ended =>
  ended('bash', ['--noprofile', '--norc', '-s'], script(commands))

const COPY = `
mount -t tmpfs trueup /mnt && mkdir /mnt/upper /mnt/work /mnt/root &&
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root &&
mount --rbind /proc /mnt/root/proc && mount --rbind /dev /mnt/root/dev && mount --rbind /sys /mnt/root/sys &&
mount -t tmpfs -o mode=1777 tmp /mnt/root/tmp && mount -t tmpfs -o mode=755 run /mnt/root/run &&
exec chroot /mnt/root bash --noprofile --norc -s`

/**
 * The same in a copy of this machine's files that is gone afterwards (an overlay in a mount namespace of its own),
 * without a network. Processes, the kernel's settings and the clock are still this machine's.
 */
export const throwaway = (...commands: readonly (Sh | string)[]): Ended =>
  ended('unshare', ['-m', '-n', '-u', '--propagation', 'private', 'sh', '-c', COPY], script(commands))

/** Whether this machine lets us make such copies; tests that need one are skipped elsewhere. */
export const canCopy = (): boolean => process.getuid?.() === 0 && throwaway('true').code === 0
