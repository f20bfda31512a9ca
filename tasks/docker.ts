import * as z from 'zod'
import { check, derive, type Claim, type Handler, type Probe, probe, sh, type State, type Task } from '../lib/index.ts'
import { atLeast } from './deb-version.ts'
import { json, type JsonObject } from './json.ts'
import { path as pathAt } from './path.ts'
import { restart, unit, up } from './systemd.ts'

export interface EngineState extends State {
  /** The running engine's version, such as `28.3.3`; `null` where there is no engine. */
  version: string | null
  /** Built by Docker, whose own repository has newer ones; a distribution's has what it has. */
  community: boolean
}

const Answer = z.object({
  Version: z.string(),
  Platform: z.object({ Name: z.string() }).partial().optional(),
})

/**
 * The engine's version, asked for on its socket. A stopped engine is not asked, since docker.socket would start it: what
 * it is cannot be told then, and that is an error, not its absence. Without curl(1) the docker program is asked, which
 * takes longer.
 */
export const engine: Probe<EngineState> = probe({
  id: 'docker.engine',
  needs: ['dockerd'],
  read: sh`
pid=; { read -r pid || :; } 2>/dev/null </run/docker.pid; [ -n "$pid" ] && [ -d "/proc/$pid" ] || { echo 'the docker engine is installed but not running' >&2; exit 1; }
if command -v curl >/dev/null; then curl -sSf -m 20 --unix-socket /run/docker.sock http://docker/version
else docker version --format '{{json .Server}}'; fi`,
  parse: (stdout) => {
    if (stdout.trim() === '') return { version: null, community: false }
    const { success, data } = Answer.safeParse(JSON.parse(stdout))
    if (!success) throw new Error(`the docker engine answered ${stdout.slice(0, 80)}`)
    return { version: data.Version, community: /Community/.test(data.Platform?.Name ?? '') }
  },
})

/** What no host has: the want of a check about something else than one probe's state. */
export const NEVER = pathAt('/').is({ type: 'file' })

/** Restarts the engine at the end of the role; containers go on where `live-restore` is set. */
export const restartDocker: Handler = restart('docker')

/** `--validate` came with 23.0 (moby/moby#42393); an older engine, or none yet, judges nothing. */
const CHECK = sh`! dockerd --help 2>/dev/null | grep -q -e --validate || dockerd --validate --config-file=/etc/docker/daemon.json >/dev/null`

/** The engine's settings; whoever can write them is root. */
export const DAEMON_JSON = '/etc/docker/daemon.json'

/**
 * Settings of the engine in /etc/docker/daemon.json, beside those of others; the engine judges the file before it is
 * put in place, and is restarted at the end of the role. /etc/docker must be there.
 */
export const daemonConfig = (settings: JsonObject): Task =>
  json({
    path: DAEMON_JSON,
    title: 'docker engine settings',
    settings,
    validate: { tree: '/etc/docker', check: CHECK },
    notifies: restartDocker,
  })

/**
 * Fails where Docker's own engine is older than this, or none is there, and warns where a distribution's is: it has no
 * newer one. `why` ends the sentence.
 */
export const engineAtLeast = (floor: string, why: string): Task => {
  const title = `docker engine ${floor} or newer`
  return derive({
    title,
    from: engine,
    reads: [],
    make: ({ version, community }) => {
      const level = version === null || community ? 'fail' : 'warn'
      return check({
        title,
        want: engine.is({ version: atLeast(version, floor) ? version : floor }),
        level,
        say: () =>
          `the docker engine is ${version ?? 'not installed'}; ${floor} or newer is ${level === 'fail' ? 'needed' : 'advised'}: ${why}`,
      })
    },
  })
}

/** The engine's version in each distribution's own docker.io, where it is known. */
const VERSIONS: Readonly<Record<string, string>> = { bookworm: '20.10.24+dfsg1', trixie: '26.1.5+dfsg1' }

/** What installing docker.io brings: it is started at once. */
export const provided = (codename: string): readonly Claim[] => {
  const known = VERSIONS[codename]
  return [
    known === undefined ? engine.unsettled : engine.is({ version: known, community: false }),
    ...['docker.service', 'docker.socket', 'containerd.service'].map((name) => unit(name).is(up)),
  ]
}

const CLEANUP_LOG = '/var/log/docker-cleanup.log'

/** For logrotate(8). */
export const cleanupLog = `${CLEANUP_LOG} {
  monthly
  rotate 12
  compress
  missingok
  notifempty
}
`

/**
 * What cleaning up may do, in the words of systemd.exec(5): it talks to the engine's socket and needs nothing else. The
 * docker program wants a folder for its own settings.
 */
export const cleanupService: Readonly<Record<string, string>> = {
  StandardOutput: `append:${CLEANUP_LOG}`,
  RuntimeDirectory: 'docker-cleanup',
  Environment: 'DOCKER_CONFIG=/run/docker-cleanup',
  CapabilityBoundingSet: 'CAP_DAC_OVERRIDE',
  NoNewPrivileges: 'true',
  PrivateDevices: 'true',
  PrivateNetwork: 'true',
  PrivateTmp: 'true',
  ProtectControlGroups: 'true',
  ProtectHome: 'true',
  ProtectKernelModules: 'true',
  ProtectKernelTunables: 'true',
  ProtectSystem: 'strict',
  RestrictAddressFamilies: 'AF_UNIX',
  RestrictRealtime: 'true',
  RestrictSUIDSGID: 'true',
  SystemCallFilter: '@system-service',
}
