import type { JsonObject } from '../../tasks/json.ts'
import type { Memory, Size } from './sizes.ts'

/** Weights by which services share the CPUs when they are short: 1024 for each that the description gives them. */
const SHARES: Readonly<Record<string, number>> = { neo4j: 4, postgres: 4, milvus: 2, backend: 2, 'celery-worker': 2 }

const resources = (name: string, { limit, reservation }: Memory): JsonObject => ({
  restart: 'always',
  cpu_shares: (SHARES[name] ?? 1) * 1024,
  deploy: { resources: { limits: { memory: `${limit}M` }, reservations: { memory: `${reservation}M` } } },
})

/** Its password comes in by a configuration on standard input, so that no list of processes shows it. */
const redis = (memory: string): readonly string[] => [
  ...['sh', '-c'],
  `exec docker-entrypoint.sh redis-server - <<END
requirepass $$REDIS_PASSWORD
maxmemory ${memory}
maxmemory-policy allkeys-lru
appendonly yes
dir /data
END
`,
]

export interface Prod {
  readonly size: Size
  readonly backend: readonly string[]
}

/**
 * docker-compose.prod.yml: the production numbers, by settings that the images really read. PostgreSQL's are arguments
 * (its image knows no variables for them), Neo4j's have the names of version 5, and its heap does not grow.
 */
export const prodServices = ({ size: { memory, tuning }, backend }: Prod): Record<string, JsonObject> => {
  const own: Record<string, JsonObject> = {
    postgres: {
      shm_size: tuning.shm,
      command: [
        'postgres',
        ...['-c', `shared_buffers=${tuning.sharedBuffers}`],
        ...['-c', `work_mem=${tuning.workMem}`],
        ...['-c', `maintenance_work_mem=${tuning.maintenanceWorkMem}`],
        ...['-c', `effective_cache_size=${tuning.effectiveCacheSize}`],
        ...['-c', 'max_connections=40'],
      ],
      logging: { driver: 'json-file', options: { 'max-size': '100m', 'max-file': '3' } },
    },
    neo4j: {
      environment: {
        NEO4J_server_memory_heap_initial__size: tuning.heap,
        NEO4J_server_memory_heap_max__size: tuning.heap,
        NEO4J_server_memory_pagecache_size: tuning.pageCache,
      },
    },
    backend: { environment: { DEBUG: 'false', WORKERS: '4' }, command: [...backend] },
    frontend: { build: { dockerfile: 'Dockerfile.prod' } },
    redis: { command: [...redis(tuning.redis)] },
  }
  return Object.fromEntries(
    Object.entries(memory).map(([name, amounts]) => [name, { ...own[name], ...resources(name, amounts) }]),
  )
}
