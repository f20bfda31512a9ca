import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { check, type Declared, derive, type HostFacts, network, role, type State, type Task } from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { repository } from '../tasks/apt-repository.ts'
import { directory } from '../tasks/directory.ts'
import * as docker from '../tasks/docker.ts'
import { file } from '../tasks/file.ts'
import { groupAt } from '../tasks/group.ts'
import type { JsonObject } from '../tasks/json.ts'
import { fileMode } from '../tasks/mode.ts'
import { service } from '../tasks/service-state.ts'
import { running } from '../tasks/systemd.ts'
import { timer } from '../tasks/timer.ts'
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
        .default('100m')
        .describe("The size at which a new file of a container's output is begun"),
      maxFiles: z.int().min(1).default(3).describe('How many of them are kept'),
    })
    .prefault({})
    .describe("What is kept of each container's output"),
  networks: z
    .strictObject({
      base: network().default('172.30.0.0/16').describe('Where networks of containers get their addresses from'),
      size: z.int().min(16).max(29).default(24).describe('The prefix length of each of them'),
    })
    .prefault({})
    .describe('One range for all networks of containers, outside of the usual LANs'),
  nofile: z
    .int()
    .min(1024)
    .default(65536)
    .describe('Files that a container may have open, unless it says otherwise; no more than the host itself allows'),
  mirrors: z.array(z.url()).default([]).describe('Mirrors that are asked before Docker Hub'),
  settings: z
    .record(z.string(), z.json())
    .default({})
    .describe(
      'Further settings of daemon.json, which win. Switching live-restore off stops the containers at the next restart of the engine',
    ),
  cleanup: z
    .string()
    .default('Sun *-*-* 04:00:00')
    .describe('When untagged images and build cache older than a week are removed, as in systemd.time(7)'),
})

/** As published at docs.docker.com/engine/install/ubuntu. */
const FINGERPRINT = '9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88'

/** Before 28.0 neighbours reached ports published on loopback; 28.3.3 fixes what a reload of firewalld opened (CVE-2025-54388). */
const FLOOR = '28.3.3'

const own = (name: string) => readFileSync(new URL(`../files/${name}`, import.meta.url))

const engine = (codename: string) => [...docker.provided(codename), groupAt('docker').is({ present: true })]

type Source = 'docker' | 'distribution'

const TITLE = { title: 'apt install docker' }

/** Debian's docker-compose is v2 from 13 on; on Ubuntu that name is v1, and v2 has its own. */
const PACKAGES: Record<Source, (host: HostFacts) => Declared> = {
  docker: () =>
    apt.installed(
      ['docker-ce', 'docker-ce-cli', 'containerd.io', 'docker-compose-plugin', 'docker-buildx-plugin'],
      { 'docker-ce': engine('') },
      TITLE,
    ),
  distribution: ({ os, codename }) =>
    apt.installed(
      os === 'ubuntu'
        ? ['docker.io', 'docker-compose-v2', 'docker-buildx']
        : ['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx'],
      { 'docker.io': engine(codename) },
      TITLE,
    ),
}

const there = (found: State): Source | undefined => {
  if (found['docker-ce'] === 'installed') return 'docker'
  return found['docker.io'] === 'installed' ? 'distribution' : undefined
}

/** An engine that is there stays, wherever it is from: to replace it would stop every container. */
const packages = (source: Source, host: HostFacts): Task =>
  derive({
    ...TITLE,
    from: apt.packages,
    reads: [],
    make: (found) => PACKAGES[there(found) ?? source](host),
  })

const NAMES: Record<Source, string> = { docker: "Docker's own repository", distribution: 'the distribution' }

const tellsSource = (source: Source): Task => {
  const title = `docker is from ${NAMES[source]}`
  return derive({
    title,
    from: apt.packages,
    reads: [],
    make: (found) => {
      const kept = there(found) ?? source
      return check({
        title,
        want: kept === source ? apt.packages.is({}) : docker.NEVER,
        level: 'warn',
        say: () =>
          `the engine of this host is from ${NAMES[kept]}, and is kept; say \`docker.source: ${kept}\` where that is as it should be, or replace it by hand: it stops every container`,
      })
    },
  })
}

const fromDocker = (host: HostFacts): Task[] => [
  directory({ path: '/etc/apt/keyrings' }),
  ...repository({
    name: 'docker',
    uris: [`https://download.docker.com/linux/${host.os}`],
    suites: [host.codename],
    components: ['stable'],
    architectures: [host.arch],
    key: own('docker.asc'),
    fingerprint: FINGERPRINT,
  }),
  packages('docker', host),
]

/** The releases whose own packages have no compose v2. */
const WITHOUT_COMPOSE: Readonly<Record<string, string>> = {
  bookworm: 'Debian 12 has docker.io 20.10 and no compose v2',
  bullseye: 'Debian 11 has docker.io 20.10 and no compose v2',
}

const refusal = (why: string): Task =>
  check({
    title: 'docker packages with compose v2',
    want: docker.NEVER,
    level: 'fail',
    say: () => `${why}: say \`docker.source: docker\` for Docker's own packages, or upgrade the host`,
  })

/** Log rotation for every container, containers that outlive a restart of the engine, and ports on loopback by default (D2, D17, D41). */
const settings = ({ logs, networks, nofile, mirrors, settings: more }: z.infer<typeof Vars>): JsonObject => ({
  'log-driver': 'json-file',
  'log-opts': { 'max-size': logs.maxSize, 'max-file': String(logs.maxFiles) },
  'live-restore': true,
  // The first is about the default network only, the second about all others.
  ip: '127.0.0.1',
  'default-network-opts': { bridge: { 'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1' } },
  'default-address-pools': [{ ...networks }],
  'default-ulimits': { nofile: { Name: 'nofile', Soft: nofile, Hard: nofile } },
  ...(mirrors.length > 0 && { 'registry-mirrors': mirrors }),
  ...more,
})

/** Untagged images and old build cache go once a week; whatever has a name stays (D31). */
const cleanup = (when: string): Task[] => [
  file({ path: '/usr/local/sbin/docker-cleanup', content: own('docker-cleanup'), mode: '0755' }),
  file({ path: '/etc/logrotate.d/docker-cleanup', content: docker.cleanupLog }),
  ...timer({
    name: 'docker-cleanup',
    description: 'Remove untagged images and build cache older than a week',
    onCalendar: when,
    command: ['/usr/local/sbin/docker-cleanup'],
    timeout: 3600,
    service: docker.cleanupService,
  }),
]

/** The container engine with compose v2. */
export default role({
  name: 'docker',
  vars: Vars,
  requires: ({ vars }) => vars.users.map((name) => ({ want: userAt(name).is({ present: true }), role: 'base-ubuntu' })),
  tasks: ({ vars, host }) => {
    const source = vars.source ?? (host.os === 'ubuntu' ? 'docker' : 'distribution')
    const lacking = source === 'distribution' ? WITHOUT_COMPOSE[host.codename] : undefined
    return [
      ...(lacking === undefined ? [] : [refusal(lacking)]),
      directory({ path: '/etc/docker' }),
      docker.daemonConfig(settings(vars)),
      fileMode({ path: docker.DAEMON_JSON, mode: '0644' }),
      ...(source === 'docker' ? fromDocker(host) : [packages(source, host)]),
      tellsSource(source),
      running('containerd.service'),
      running('docker.socket'),
      running('docker.service'),
      ...vars.users.map((name) => user({ name, groups: ['docker'], password: 'any' })),
      ...cleanup(vars.cleanup),
      // Last, since only an engine that runs can say what it is: nothing else has to wait for its answer.
      docker.engineAtLeast(
        FLOOR,
        'older ones let neighbours in the same network reach ports that are published on loopback',
      ),
    ]
  },
  verify: () => [service('docker', 'docker'), service('containerd', 'docker')],
})
