import type { JsonObject } from '../../tasks/json.ts'
import { at, PORTS, type ServiceName, STATUS_PORT } from './ports.ts'

/** Everything that the services are made from. */
export interface Monitoring {
  readonly project: string
  readonly domain: string
  readonly images: Readonly<Record<ServiceName, string>>
  /** The most memory of each, in MB. */
  readonly memory: Readonly<Record<ServiceName, number>>
  /** Days for which metrics are kept. */
  readonly days: number
  readonly postgres: { readonly user: string; readonly database: string }
}

/** A service in the host's network: it listens on the loopback, by an option of its own. */
const ON_HOST: JsonObject = { network_mode: 'host' }

const published = (service: ServiceName, port: number = PORTS[service]): JsonObject => ({
  ports: [`${at(service)}:${port}`],
})

/**
 * What the image's own busybox can ask. The images of Loki, Alloy and some exporters have nothing in them but the program:
 * whether those answer is Prometheus' to see (the alert TargetDown). A check that is switched off (`disable`) would not do:
 * Compose goes on waiting for it.
 */
const healthy = (url: string): JsonObject => ({
  healthcheck: {
    test: ['CMD', 'wget', '-q', '-O', '/dev/null', url],
    ...{ interval: '10s', timeout: '5s', retries: 6, start_period: '30s' },
  },
})

/** Go keeps its heap below what the kernel would kill it for. */
const heap = (mb: number): JsonObject => ({ GOMEMLIMIT: `${Math.floor(mb * 0.9)}MiB` })

const config = (service: string): string => `./monitoring/${service}:/etc/${service}:ro`

const servers = ({ domain, memory, days }: Monitoring): Partial<Record<ServiceName, JsonObject>> => ({
  prometheus: {
    ...ON_HOST,
    command: [
      '--config.file=/etc/prometheus/prometheus.yml',
      '--storage.tsdb.path=/prometheus',
      `--storage.tsdb.retention.time=${days}d`,
      `--web.listen-address=${at('prometheus')}`,
      // Reloads are asked for on the loopback, which is all that it listens on.
      '--web.enable-lifecycle',
    ],
    environment: heap(memory.prometheus),
    // Folders, not files: a file that is replaced stays the old one for a container that has it mounted (D34).
    volumes: [config('prometheus'), 'prometheus_data:/prometheus'],
    ...healthy(`http://${at('prometheus')}/-/healthy`),
  },
  grafana: {
    ...ON_HOST,
    environment: {
      GF_SECURITY_ADMIN_PASSWORD: '${GRAFANA_PASSWORD:?}',
      GF_SERVER_ROOT_URL: `https://grafana.${domain}`,
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: String(PORTS.grafana),
      GF_USERS_ALLOW_SIGN_UP: 'false',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    },
    volumes: [
      './monitoring/grafana/provisioning:/etc/grafana/provisioning:ro',
      './monitoring/grafana/dashboards:/etc/grafana/dashboards:ro',
      'grafana_data:/var/lib/grafana',
    ],
    ...healthy(`http://${at('grafana')}/api/health`),
  },
  alertmanager: {
    command: [
      '--config.file=/etc/alertmanager/alertmanager.yml',
      '--storage.path=/alertmanager',
      `--web.external-url=http://${at('alertmanager')}`,
      // One server, nobody to gossip with.
      '--cluster.listen-address=',
    ],
    volumes: [config('alertmanager'), 'alertmanager_data:/alertmanager'],
    ...published('alertmanager'),
    ...healthy('http://127.0.0.1:9093/-/healthy'),
  },
  loki: {
    command: ['-config.file=/etc/loki/loki.yml'],
    environment: heap(memory.loki),
    volumes: [config('loki'), 'loki_data:/loki'],
    ...published('loki'),
  },
  alloy: {
    ...ON_HOST,
    // Root: it reads the engine's socket, the journal, and nginx' logs.
    user: '0:0',
    command: [
      'run',
      '--storage.path=/var/lib/alloy/data',
      `--server.http.listen-addr=${at('alloy')}`,
      '--disable-reporting',
      '/etc/alloy/config.alloy',
    ],
    environment: heap(memory.alloy),
    volumes: [
      config('alloy'),
      'alloy_data:/var/lib/alloy/data',
      '/var/run/docker.sock:/var/run/docker.sock:ro',
      '/var/log:/var/log:ro',
      '/etc/machine-id:/etc/machine-id:ro',
    ],
  },
})

const exporters = ({ postgres }: Monitoring): Partial<Record<ServiceName, JsonObject>> => ({
  'node-exporter': {
    ...ON_HOST,
    pid: 'host',
    command: [
      '--path.procfs=/host/proc',
      '--path.sysfs=/host/sys',
      '--path.rootfs=/rootfs',
      '--path.udev.data=/rootfs/run/udev/data',
      '--collector.filesystem.mount-points-exclude=^/(sys|proc|dev|host|etc|run|var/lib/docker|var/lib/containerd)($$|/)',
      '--collector.textfile.directory=/textfile',
      `--web.listen-address=${at('node-exporter')}`,
    ],
    volumes: ['/proc:/host/proc:ro', '/sys:/host/sys:ro', '/:/rootfs:ro,rslave', '/var/lib/node-exporter:/textfile:ro'],
    ...healthy(`http://${at('node-exporter')}/`),
  },
  cadvisor: {
    command: [
      '--docker_only=true',
      '--housekeeping_interval=30s',
      '--store_container_labels=false',
      '--whitelisted_container_labels=com.docker.compose.project,com.docker.compose.service',
    ],
    volumes: ['/:/rootfs:ro', '/var/run:/var/run:ro', '/sys:/sys:ro', '/var/lib/docker/:/var/lib/docker:ro'],
    ...published('cadvisor'),
    ...healthy('http://127.0.0.1:8080/healthz'),
  },
  'postgres-exporter': {
    environment: {
      DATA_SOURCE_URI: `postgres:5432/${postgres.database}?sslmode=disable`,
      DATA_SOURCE_USER: postgres.user,
      // Not as DATA_SOURCE_PASS: that becomes a part of an address which the exporter splits at spaces.
      PGPASSWORD: '${POSTGRES_PASSWORD:?}',
    },
    networks: ['stack'],
    ...published('postgres-exporter'),
  },
  'redis-exporter': {
    environment: { REDIS_ADDR: 'redis://redis:6379', REDIS_PASSWORD: '${REDIS_PASSWORD:?}' },
    networks: ['stack'],
    ...published('redis-exporter'),
  },
  'nginx-exporter': {
    ...ON_HOST,
    command: [
      `--nginx.scrape-uri=http://127.0.0.1:${STATUS_PORT}/stub_status`,
      `--web.listen-address=${at('nginx-exporter')}`,
    ],
  },
})

/**
 * The services of the monitoring, each with the most memory that it may take; none is reachable from outside.
 *
 * @param wanted - those that there is something to see for
 */
export const monitoringServices = (
  monitoring: Monitoring,
  wanted: readonly ServiceName[],
): Readonly<Record<string, JsonObject>> => {
  const all = { ...servers(monitoring), ...exporters(monitoring) }
  return Object.fromEntries(
    wanted.map((name) => [
      name,
      {
        image: monitoring.images[name],
        restart: 'unless-stopped',
        ...all[name],
        deploy: { resources: { limits: { memory: `${monitoring.memory[name]}M` } } },
      },
    ]),
  )
}

/** What the services share: a network of their own, the stack's, and the volumes by the names of the server's description. */
export const sharedBy = (project: string, services: readonly ServiceName[]): JsonObject => ({
  networks: {
    default: { name: `${project}-monitoring` },
    ...(services.some((name) => name === 'postgres-exporter' || name === 'redis-exporter') && {
      stack: { name: project, external: true },
    }),
  },
  volumes: Object.fromEntries(
    ['prometheus', 'grafana', 'alertmanager', 'loki', 'alloy'].map((name) => [
      `${name}_data`,
      { name: `${project}_${name}_data` },
    ]),
  ),
})
