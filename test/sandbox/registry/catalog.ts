// The images of production by their names, and what each is made of here.
import type { Config } from './image.ts'
import type { LayerName } from './packages.ts'
import { standin } from './standins.ts'

/** Files of an image's own, which the smallest layer holds. */
export type Files = {
  /** Folders below `files/`, whose content goes to the root. */
  trees?: readonly string[]
  links?: Readonly<Record<string, string>>
  /** Folders that a volume takes its owner from: a number, or a name of the image. */
  folders?: Readonly<Record<string, number>>
}

export type Entry = { names: readonly string[]; layer: LayerName; files?: Files; config: Config }

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const NOBODY = 65534
const docker = ['docker-entrypoint.sh']

const program = (names: string[], binary: string, port: number): Entry => ({
  names,
  layer: 'monitoring',
  config: { Env: { PATH }, Entrypoint: [binary], User: 'nobody', ExposedPorts: [port] },
})

const keeper = (names: string[], binary: string, port: number, folder: string, config: string): Entry => ({
  names,
  layer: 'monitoring',
  files: { trees: ['keeper', folder.slice(1)], folders: { [folder]: NOBODY } },
  config: {
    ...{ Env: { PATH }, Entrypoint: ['keep-data', binary], Cmd: [`--config.file=${config}`] },
    ...{ User: 'nobody', WorkingDir: folder, Volumes: [folder], ExposedPorts: [port] },
  },
})

/** Real programs, of the versions that Debian 13 has: not those of the tags. */
const REAL: readonly Entry[] = [
  {
    names: ['postgis/postgis:16-3.4', 'postgres:16'],
    layer: 'postgres',
    files: { trees: ['postgres'], folders: { '/docker-entrypoint-initdb.d': 0 } },
    config: {
      Env: { PATH: `/usr/lib/postgresql/17/bin:${PATH}`, PGDATA: '/var/lib/postgresql/data', LANG: 'C.UTF-8' },
      ...{ Entrypoint: docker, Cmd: ['postgres'], StopSignal: 'SIGINT' },
      ...{ Volumes: ['/var/lib/postgresql/data'], ExposedPorts: [5432] },
    },
  },
  {
    names: ['redis:7.4', 'redis:7'],
    layer: 'redis',
    files: { trees: ['redis'], folders: { '/data': 0 } },
    config: {
      ...{ Env: { PATH }, Entrypoint: docker, Cmd: ['redis-server'] },
      ...{ WorkingDir: '/data', Volumes: ['/data'], ExposedPorts: [6379] },
    },
  },
  {
    names: ['quay.io/coreos/etcd:v3.5.16'],
    layer: 'etcd',
    files: { links: { '/usr/local/bin/etcd': '/usr/bin/etcd', '/usr/local/bin/etcdctl': '/usr/bin/etcdctl' } },
    config: { Env: { PATH }, Cmd: ['/usr/local/bin/etcd'], ExposedPorts: [2379, 2380] },
  },
  {
    names: ['nginx:1.27-alpine', 'nginx:1.27'],
    layer: 'nginx',
    files: { trees: ['nginx'] },
    config: { Env: { PATH }, Cmd: ['nginx', '-g', 'daemon off;'], ExposedPorts: [80], StopSignal: 'SIGQUIT' },
  },
  {
    names: ['python:3.12-slim', 'python:3.12', 'python:3.11-slim'],
    layer: 'app',
    files: { links: { '/usr/local/bin/python': '/usr/bin/python3' } },
    config: {
      // What requirements.txt asks for is installed already; there is no index to ask.
      Env: { PATH, LANG: 'C.UTF-8', PIP_NO_INDEX: '1', PIP_NO_DEPS: '1', PIP_BREAK_SYSTEM_PACKAGES: '1' },
      Cmd: ['python3'],
    },
  },
  keeper(['prom/prometheus:v2.48.0'], '/usr/bin/prometheus', 9090, '/prometheus', '/etc/prometheus/prometheus.yml'),
  keeper(
    ['prom/alertmanager:v0.28.1'],
    ...(['/usr/bin/prometheus-alertmanager', 9093, '/alertmanager', '/etc/alertmanager/alertmanager.yml'] as const),
  ),
  program(['prom/node-exporter:v1.7.0'], '/usr/bin/prometheus-node-exporter', 9100),
  program(['prometheuscommunity/postgres-exporter:v0.17.1'], '/usr/bin/prometheus-postgres-exporter', 9187),
  program(['oliver006/redis_exporter:v1.69.0'], '/usr/bin/prometheus-redis-exporter', 9121),
  program(['nginx/nginx-prometheus-exporter:1.4.2'], '/usr/bin/prometheus-nginx-exporter', 9113),
  { names: ['busybox:1.37', 'alpine:3.21'], layer: 'base', config: { Env: { PATH }, Cmd: ['sh'] } },
]

/** Everything the registry has. */
export const CATALOG: readonly Entry[] = [...REAL, ...standin(PATH)]
