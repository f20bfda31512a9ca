import type { JsonObject } from '../../tasks/json.ts'

export interface Images {
  readonly postgres: string
  readonly neo4j: string
  readonly milvus: string
  readonly minio: string
  readonly etcd: string
  readonly redis: string
  readonly mongo: string
}

export interface Base {
  readonly project: string
  readonly images: Images
  /** Open files that a database may have. */
  readonly files: number
  /** Celery's command, without its own options for logs. */
  readonly worker: readonly string[]
}

const healthy = (test: readonly string[], startPeriod = '30s'): JsonObject => ({
  test: [...test],
  interval: '10s',
  timeout: '5s',
  retries: 6,
  start_period: startPeriod,
})

const shell = (command: string): readonly string[] => ['CMD-SHELL', command]

const after = (...services: string[]): JsonObject =>
  Object.fromEntries(services.map((service) => [service, { condition: 'service_healthy' }]))

/** Where the application finds the others; its own settings come from .env. */
const NEIGHBOURS: JsonObject = {
  POSTGRES_HOST: 'postgres',
  POSTGRES_PORT: '5432',
  POSTGRES_DB: 'moja_dzialka',
  POSTGRES_USER: 'app',
  NEO4J_URI: 'bolt://neo4j:7687',
  NEO4J_USER: 'neo4j',
  MILVUS_HOST: 'milvus',
  MILVUS_PORT: '19530',
  REDIS_HOST: 'redis',
  REDIS_PORT: '6379',
  MONGO_HOST: 'mongo',
  MONGO_PORT: '27017',
}

const databases = ({ images, files }: Base): Record<string, JsonObject> => {
  const ulimits = { nofile: { soft: files, hard: files } }
  return {
    postgres: {
      image: images.postgres,
      environment: { POSTGRES_USER: 'app', POSTGRES_DB: 'moja_dzialka', POSTGRES_PASSWORD: '${POSTGRES_PASSWORD:?}' },
      volumes: ['postgres_data:/var/lib/postgresql/data'],
      ports: ['127.0.0.1:5432:5432'],
      ulimits,
      // By address: while the image sets itself up, it answers on its socket only.
      healthcheck: healthy(shell('pg_isready -q -h 127.0.0.1 -U app -d moja_dzialka')),
    },
    neo4j: {
      image: images.neo4j,
      environment: { NEO4J_AUTH: 'neo4j/${NEO4J_PASSWORD:?}' },
      volumes: ['neo4j_data:/data'],
      ulimits,
      healthcheck: healthy(['CMD', 'bash', '-c', '</dev/tcp/127.0.0.1/7687'], '60s'),
    },
    etcd: {
      image: images.etcd,
      command: [
        'etcd',
        ...['--data-dir=/etcd', '--listen-client-urls=http://0.0.0.0:2379', '--advertise-client-urls=http://etcd:2379'],
        ...['--auto-compaction-mode=revision', '--auto-compaction-retention=1000', '--quota-backend-bytes=4294967296'],
      ],
      volumes: ['etcd_data:/etcd'],
      healthcheck: healthy(['CMD', 'etcdctl', 'endpoint', 'health']),
    },
    minio: {
      image: images.minio,
      command: ['minio', 'server', '/minio_data'],
      environment: { MINIO_ROOT_USER: 'moja', MINIO_ROOT_PASSWORD: '${MINIO_ROOT_PASSWORD:?}' },
      volumes: ['minio_data:/minio_data'],
      healthcheck: healthy(['CMD', 'mc', 'ready', 'local']),
    },
    milvus: {
      image: images.milvus,
      command: ['milvus', 'run', 'standalone'],
      environment: {
        ETCD_ENDPOINTS: 'etcd:2379',
        MINIO_ADDRESS: 'minio:9000',
        MINIO_ACCESS_KEY_ID: 'moja',
        MINIO_SECRET_ACCESS_KEY: '${MINIO_ROOT_PASSWORD:?}',
      },
      volumes: ['milvus_data:/var/lib/milvus'],
      ulimits,
      depends_on: after('etcd', 'minio'),
      healthcheck: healthy(['CMD', 'curl', '-fsS', '-o', '/dev/null', 'http://127.0.0.1:9091/healthz'], '90s'),
    },
    redis: {
      image: images.redis,
      environment: { REDIS_PASSWORD: '${REDIS_PASSWORD:?}', REDISCLI_AUTH: '${REDIS_PASSWORD:?}' },
      volumes: ['redis_data:/data'],
      healthcheck: healthy(shell('[ "$$(redis-cli ping)" = PONG ]')),
    },
    mongo: {
      image: images.mongo,
      environment: {
        MONGO_INITDB_ROOT_USERNAME: 'app',
        MONGO_INITDB_ROOT_PASSWORD: '${MONGO_PASSWORD:?}',
        MONGO_INITDB_DATABASE: 'moja_dzialka',
      },
      volumes: ['mongo_data:/data/db'],
      ulimits,
      healthcheck: healthy(shell(`[ "$$(mongosh --quiet --eval 'db.adminCommand("ping").ok')" = 1 ]`)),
    },
  }
}

const application = ({ project, worker }: Base): Record<string, JsonObject> => {
  const image = `${project}-backend:\${APP_REF:-none}`
  return {
    backend: {
      image,
      build: { context: './backend' },
      env_file: ['.env'],
      // By its port come nginx of the host, through an address that the engine picks, and the stack's own containers.
      environment: { ...NEIGHBOURS, FORWARDED_ALLOW_IPS: '*' },
      volumes: ['lidar_data:/data/lidar'],
      ports: ['127.0.0.1:8000:8000'],
      depends_on: after('postgres', 'redis'),
      healthcheck: healthy([
        ...['CMD', 'python3', '-c'],
        'import urllib.request as r; r.urlopen("http://127.0.0.1:8000/health", timeout=4)',
      ]),
    },
    'celery-worker': {
      image,
      command: [...worker],
      env_file: ['.env'],
      environment: NEIGHBOURS,
      volumes: ['lidar_data:/data/lidar'],
      depends_on: after('redis'),
    },
    frontend: {
      image: `${project}-frontend:\${APP_REF:-none}`,
      build: { context: './frontend' },
      ports: ['127.0.0.1:3000:3000'],
      healthcheck: healthy(
        shell('wget -qO /dev/null http://127.0.0.1:3000/ || curl -fsSo /dev/null http://127.0.0.1:3000/'),
      ),
    },
  }
}

/** docker-compose.yml: what there is, how it is found to be well, and where its data is. */
export const baseServices = (options: Base): Record<string, JsonObject> => ({
  ...databases(options),
  ...application(options),
})
