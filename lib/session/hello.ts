import { isIP } from 'node:net'
import * as z from 'zod'
import type { HostFacts } from '../language/role.ts'
import { raw, type Sh } from '../language/sh.ts'
import { pairs } from './pairs.ts'

/**
 * One value a line, all read by bash itself: a process costs more than everything here. What a CPU is called by bash and by
 * dpkg, what nproc(1) counts, and where systemd-detect-virt(1) looks for containers.
 */
export const hello: Sh = raw(String.raw`. /etc/os-release
printf '%s\n' "os=$ID" "version=$VERSION_ID" "codename=$VERSION_CODENAME" "ssh=$SSH_CONNECTION"
while read -r key value _; do [ "$key" != MemTotal: ] || { echo "memoryKb=$value"; break; }; done < /proc/meminfo
read -r id < /proc/sys/kernel/random/boot_id
[ ! -e /run/reboot-required ] || echo reboot=wanted
printf 'bootId=%s\n' "$id"
case $HOSTTYPE in
  x86_64) echo arch=amd64 ;;
  aarch64) echo arch=arm64 ;;
  *) printf 'arch='; dpkg --print-architecture 2> /dev/null || uname -m ;;
esac
while read -r key value _; do [ "$key" != Cpus_allowed_list: ] || { echo "cpus=$value"; break; }; done < /proc/self/status
is=container=
if [ -r /run/systemd/container ]; then read -r kind < /run/systemd/container; is=container=$kind
elif [ -e /.dockerenv ] || [ -e /run/.containerenv ]; then is=container=yes
elif [ -r /proc/1/environ ]; then
  while IFS= read -r -d '' word; do [[ $word != container=?* ]] || is=$word; done < /proc/1/environ
fi
printf '%s\n' "$is"`)

const address = z.string().refine((text) => isIP(text) !== 0, 'not an address')
const port = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(1).max(65_535))

/** sshd(8), SSH_CONNECTION: client address, client port, server address, server port; UNKNOWN where sshd has no socket. */
const Connection = z.union([
  z
    .string()
    .regex(/^(?:UNKNOWN .*)?$/)
    .transform(() => ({ sshFrom: null, sshPort: null })),
  z
    .string()
    .transform((text) => text.split(' '))
    .pipe(z.tuple([address, port, address, port]))
    .transform(([sshFrom, , , sshPort]) => ({ sshFrom, sshPort })),
])

/** A list as in cpuset(7), such as `0-3,8`. */
const list = z.string().regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/)

const countOf = (text: string): number =>
  text.split(',').reduce((sum, range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return sum + to - from + 1
  }, 0)

const Answer = z
  .object({
    os: z.string().min(1),
    version: z.string(),
    codename: z.string(),
    arch: z.string().min(1),
    cpus: list.transform(countOf).pipe(z.number().positive()),
    memoryKb: z.coerce.number().int().positive(),
    bootId: z.string().min(1),
    reboot: z.literal('wanted').optional(),
    container: z.string().transform((kind) => kind !== '' && kind !== 'none'),
    ssh: Connection,
  })
  .transform(({ memoryKb, ssh, reboot, ...rest }) => ({
    ...rest,
    ...(reboot && { rebootRequired: true }),
    memoryMb: Math.round(memoryKb / 1024),
    ...ssh,
  }))

/**
 * Reads what `hello` printed.
 *
 * @param name - the inventory's name of the host
 * @throws z.ZodError where something is missing
 */
export const parseHello = (name: string, stdout: string): HostFacts => ({ name, ...Answer.parse(pairs(stdout)) })
