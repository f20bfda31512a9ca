import { isIP } from 'node:net'
import * as z from 'zod'
import type { HostFacts } from '../language/role.ts'
import { raw, type Sh } from '../language/sh.ts'
import { pairs } from './pairs.ts'

/** One value a line; bash itself reads what it can, so that three processes are enough. */
export const hello: Sh = raw(String.raw`. /etc/os-release
printf '%s\n' "os=$ID" "version=$VERSION_ID" "codename=$VERSION_CODENAME" "ssh=$SSH_CONNECTION"
while read -r key value _; do [ "$key" != MemTotal: ] || echo "memoryKb=$value"; done < /proc/meminfo
read -r id < /proc/sys/kernel/random/boot_id
[ ! -e /run/reboot-required ] || echo reboot=wanted
printf 'bootId=%s\narch=' "$id"
dpkg --print-architecture 2> /dev/null || uname -m
printf 'cpus='
nproc
printf 'container='
systemd-detect-virt -c 2> /dev/null || echo`)

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

const Answer = z
  .object({
    os: z.string().min(1),
    version: z.string(),
    codename: z.string(),
    arch: z.string().min(1),
    cpus: z.coerce.number().int().positive(),
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
