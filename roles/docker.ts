import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { type HostFacts, role, type Task } from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { repository } from '../tasks/apt-repository.ts'
import { directory } from '../tasks/directory.ts'
import * as docker from '../tasks/docker.ts'
import { groupAt } from '../tasks/group.ts'
import type { JsonObject } from '../tasks/json.ts'
import { running } from '../tasks/systemd.ts'
import { user, userAt } from '../tasks/user.ts'

const Vars = z.strictObject({
  source: z
    .enum(['docker', 'distribution'])
    .optional()
    .describe("Docker's own apt repository, or the distribution's packages; Docker's on Ubuntu unless given"),
  users: z.array(z.string()).default(['deploy']).describe('Who may use the engine: as good as root'),
  logs: z
    .strictObject({
      maxSize: z
        .string()
        .regex(/^\d+[kmg]$/)
        .default('100m'),
      maxFiles: z.int().min(1).default(3),
    })
    .prefault({})
    .describe("What is kept of each container's output"),
  settings: z.record(z.string(), z.json()).default({}).describe('Further settings of daemon.json'),
})

/** As published at docs.docker.com/engine/install/ubuntu. */
const FINGERPRINT = '9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88'

const key = () => readFileSync(new URL('../files/docker.asc', import.meta.url))

const engine = (codename: string) => [...docker.provided(codename), groupAt('docker').is({ present: true })]

const fromDocker = ({ os, codename, arch }: HostFacts): Task[] => [
  directory({ path: '/etc/apt/keyrings' }),
  ...repository({
    name: 'docker',
    uris: [`https://download.docker.com/linux/${os}`],
    suites: [codename],
    components: ['stable'],
    architectures: [arch],
    key: key(),
    fingerprint: FINGERPRINT,
  }),
  apt.installed(
    ['docker-ce', 'docker-ce-cli', 'containerd.io', 'docker-compose-plugin', 'docker-buildx-plugin'],
    { 'docker-ce': engine('') },
    { title: 'apt install docker' },
  ),
]

const fromDistribution = ({ codename }: HostFacts): Task[] => [
  apt.installed(
    ['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx'],
    { 'docker.io': engine(codename) },
    { title: 'apt install docker' },
  ),
]

/** Log rotation for every container, containers that outlive a restart of the engine, and ports on loopback by default (D2, D17, D41). */
const settings = ({ logs, settings: more }: z.infer<typeof Vars>): JsonObject => ({
  'log-driver': 'json-file',
  'log-opts': { 'max-size': logs.maxSize, 'max-file': String(logs.maxFiles) },
  'live-restore': true,
  ip: '127.0.0.1',
  ...more,
})

/** The container engine with compose v2. */
export default role({
  name: 'docker',
  vars: Vars,
  requires: ({ vars }) => vars.users.map((name) => ({ want: userAt(name).is({ present: true }), role: 'base-ubuntu' })),
  tasks: ({ vars, host }) => {
    const source = vars.source ?? (host.os === 'ubuntu' ? 'docker' : 'distribution')
    return [
      directory({ path: '/etc/docker' }),
      docker.daemonConfig(settings(vars)),
      ...(source === 'docker' ? fromDocker(host) : fromDistribution(host)),
      running('containerd.service'),
      running('docker.socket'),
      running('docker.service'),
      ...vars.users.map((name) => user({ name, groups: ['docker'], password: 'any' })),
    ]
  },
})
