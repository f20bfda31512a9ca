/** Memory of one service: at most, and kept for it; in MB. */
export interface Memory {
  readonly limit: number
  readonly reservation: number
}

export const SERVICES = [
  'postgres',
  'neo4j',
  'milvus',
  'minio',
  'etcd',
  'redis',
  'mongo',
  'backend',
  'celery-worker',
  'frontend',
] as const

export type ServiceName = (typeof SERVICES)[number]

/** Those that hold data; they come first. */
export const DATABASES = [
  'postgres',
  'neo4j',
  'etcd',
  'minio',
  'milvus',
  'redis',
  'mongo',
] as const satisfies ServiceName[]

/** What the programs inside are told, to fit into it. */
export interface Tuning {
  readonly sharedBuffers: string
  readonly workMem: string
  readonly maintenanceWorkMem: string
  readonly effectiveCacheSize: string
  readonly shm: string
  readonly heap: string
  readonly pageCache: string
  readonly redis: string
}

export interface Size {
  readonly memory: Readonly<Record<ServiceName, Memory>>
  readonly tuning: Tuning
}

const mb = (limit: number, reservation: number): Memory => ({ limit, reservation })

/** As the server's description has it: 32 GB, of which 18.5 are kept for these. */
const document: Size = {
  memory: {
    postgres: mb(6144, 4096),
    neo4j: mb(10240, 6144),
    milvus: mb(5120, 3072),
    minio: mb(512, 256),
    etcd: mb(256, 128),
    redis: mb(2048, 1024),
    mongo: mb(2048, 1024),
    backend: mb(4096, 2048),
    'celery-worker': mb(2048, 1024),
    frontend: mb(512, 256),
  },
  tuning: {
    sharedBuffers: '2GB',
    workMem: '256MB',
    maintenanceWorkMem: '512MB',
    effectiveCacheSize: '4GB',
    shm: '1gb',
    heap: '4G',
    pageCache: '2G',
    redis: '1gb',
  },
}

/** For a virtual machine or a sandbox of some GB. */
const small: Size = {
  memory: {
    postgres: mb(512, 128),
    neo4j: mb(1024, 256),
    milvus: mb(512, 128),
    minio: mb(256, 64),
    etcd: mb(128, 32),
    redis: mb(256, 64),
    mongo: mb(256, 64),
    backend: mb(512, 128),
    'celery-worker': mb(256, 64),
    frontend: mb(128, 32),
  },
  tuning: {
    sharedBuffers: '128MB',
    workMem: '8MB',
    maintenanceWorkMem: '32MB',
    effectiveCacheSize: '256MB',
    shm: '64mb',
    heap: '256M',
    pageCache: '64M',
    redis: '64mb',
  },
}

export const SIZES = { document, small } as const
