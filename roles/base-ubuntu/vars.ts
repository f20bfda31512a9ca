import * as z from 'zod'
import { network } from '../../lib/index.ts'

/** What the inventory can say of the role. */
export const Vars = z.strictObject({
  hostname: z.string().optional().describe('Left as it is unless given'),
  timezone: z.string().default('Europe/Warsaw'),
  locale: z.string().default('C.UTF-8'),
  packages: z
    .array(z.string())
    .default(['ca-certificates', 'curl', 'git', 'gnupg', 'htop', 'jq', 'openssl', 'rsync', 'unzip'])
    .describe('What an operator expects to find'),
  deploy: z
    .strictObject({
      user: z.string().default('deploy'),
      keys: z.array(z.string()).default([]).describe('Public keys that may log in; others that are there stay'),
      sudo: z.boolean().default(true).describe('Root without a password'),
    })
    .prefault({}),
  ssh: z
    .strictObject({
      port: z
        .int()
        .min(1)
        .max(65535)
        .optional()
        .describe(
          'Where sshd listens, by itself or through ssh.socket; left as it is unless given. The role ufw opens it, where both run; else name it in `ufw.ssh.ports` first',
        ),
      maxAuthTries: z.int().min(3).default(3),
      maxSessions: z.int().min(2).default(10),
      tcpForwarding: z
        .enum(['yes', 'no', 'local', 'remote'])
        .default('local')
        .describe('Tunnels; `local`: to what the host can reach, such as a database on its loopback, and none back'),
      settings: z
        .record(
          z
            .string()
            .regex(
              /^(?!(?:match|include|port)$)[a-z][a-z0-9]*$/i,
              'a keyword of sshd_config, not Match, Include or Port',
            ),
          z.string().regex(/^[^\s][^\r\n\0]*$/, 'one line'),
        )
        .default({})
        .describe("Further settings of sshd_config, in place of the role's own of the same name"),
    })
    .prefault({}),
  admin: z.array(network()).default([]).describe('Networks that neither fail2ban nor sshd itself ever shuts out'),
  idleShell: z.int().min(0).default(60).describe('Minutes after which a shell left at its prompt ends; 0 is never'),
  journal: z
    .string()
    .regex(/^\d+[KMG]$/)
    .default('500M')
    .describe('Disk space for the journal'),
  sysctl: z
    .record(z.string(), z.union([z.string(), z.int()]))
    .default({})
    .describe("Kernel settings beside the role's own; in a container net.* only"),
  swap: z.int().min(0).default(4).describe('GB; 0 in a container'),
  commands: z
    .array(
      z.strictObject({
        title: z.string(),
        unless: z.string().describe('Succeeds once it is done'),
        run: z.string(),
        timeout: z.int().min(1).default(300).describe('Seconds'),
      }),
    )
    .default([])
    .describe('One-offs in shell that no task can say; each costs a round trip in every run'),
  promises: z
    .strictObject({
      cpus: z.int().optional(),
      memoryMb: z.int().optional(),
      diskGb: z.int().optional(),
      freeDiskGb: z.int().optional(),
    })
    .prefault({})
    .describe('What the machine was bought with; less is a warning'),
})

export type Vars = z.infer<typeof Vars>
