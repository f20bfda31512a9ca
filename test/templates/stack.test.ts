import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import composeStack from '../../roles/compose-stack/index.ts'
import { stack } from '../../roles/compose-stack/project.ts'
import { PASSWORDS, Vars } from '../../roles/compose-stack/vars.ts'
import { PORTS } from '../../templates/monitoring/ports.ts'
import { DATABASES, SERVICES, SIZES } from '../../templates/stack/sizes.ts'
import { NOBLE, SITE } from '../roles/facts.ts'

const vars = Vars.parse({ env: Object.fromEntries(PASSWORDS.map((name) => [name, 'secret'])) })

const Service = z.looseObject({
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string()).optional(),
  restart: z.string().optional(),
  cpu_shares: z.int().optional(),
  build: z.record(z.string(), z.string()).optional(),
  logging: z.unknown().optional(),
  deploy: z
    .object({
      resources: z.object({
        limits: z.object({ memory: z.string() }),
        reservations: z.object({ memory: z.string() }),
      }),
    })
    .optional(),
})
const File = z.object({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.object({ name: z.string() })).optional(),
  networks: z.record(z.string(), z.object({ name: z.string() })).optional(),
})
const made = stack(vars, SITE)
const base = File.parse(parse(made.base))
const prod = File.parse(parse(made.prod))
const of = (file: typeof base, name: string) => {
  const service = file.services[name]
  if (service === undefined) throw new Error(`no service ${name}`)
  return service
}

describe('the compose files', () => {
  it('have one network, and volumes by the names of the description (R5, R6)', () => {
    expect(base.networks).toEqual({ default: { name: 'moja-dzialka' } })
    expect(Object.values(base.volumes ?? {}).map(({ name }) => name)).toEqual(
      expect.arrayContaining(
        ['postgres', 'neo4j', 'milvus', 'mongo', 'lidar'].map((one) => `moja-dzialka_${one}_data`),
      ),
    )
    for (const service of Object.values(base.services)) expect(service).not.toHaveProperty('networks')
  })

  it('have the backend believe who nginx says is asking, since nobody else reaches it (D19)', () => {
    expect(of(base, 'backend').environment).toMatchObject({ FORWARDED_ALLOW_IPS: '*' })
    expect(of(base, 'backend').ports).toEqual(['127.0.0.1:8000:8000'])
  })

  it.each([
    ['postgres', '6144M', '4096M'],
    ['neo4j', '10240M', '6144M'],
    ['milvus', '5120M', '3072M'],
    ['backend', '4096M', '2048M'],
    ['frontend', '512M', '256M'],
    ['redis', '2048M', '1024M'],
    ['mongo', '2048M', '1024M'],
    ['celery-worker', '2048M', '1024M'],
    ['minio', '512M', '256M'],
    ['etcd', '256M', '128M'],
  ])('give %s %s of memory at most, and keep %s for it (R10-R19)', (name, limit, reservation) => {
    expect(of(prod, name).deploy?.resources).toEqual({
      limits: { memory: limit },
      reservations: { memory: reservation },
    })
  })

  it('keep so much for services that 2 GB and more are left for monitoring and for the system each (R20, R21)', () => {
    const kept = Object.values(SIZES.document.memory).reduce((sum, { reservation }) => sum + reservation, 0)
    expect(kept + 2 * 1024 + 4 * 1024).toBeLessThanOrEqual(32 * 1024)
    const checks = composeStack
      .tasks({ vars, site: SITE, host: NOBLE })
      .filter(({ kind, title }) => kind === 'check' && title.startsWith('memory '))
    expect(checks.map(({ title }) => title)).toEqual([
      'memory kept for the services',
      'memory that the services may take',
    ])
  })

  it.each([
    ['neo4j', 4],
    ['postgres', 4],
    ['milvus', 2],
    ['backend', 2],
    ['celery-worker', 2],
    ['redis', 1],
  ])('give %s %i shares of the CPUs (R22)', (name, shares) => {
    expect(of(prod, name).cpu_shares).toBe(shares * 1024)
  })

  it('have every port of the description, none of them beyond loopback (R23)', () => {
    const published = Object.values(base.services).flatMap(({ ports = [] }) => ports)
    expect(published.sort()).toEqual(['127.0.0.1:3000:3000', '127.0.0.1:5432:5432', '127.0.0.1:8000:8000'])
    const { MILVUS_PORT, REDIS_PORT, MONGO_PORT, NEO4J_URI } = of(base, 'backend').environment ?? {}
    expect({ MILVUS_PORT, REDIS_PORT, MONGO_PORT, NEO4J_URI }).toEqual({
      MILVUS_PORT: '19530',
      REDIS_PORT: '6379',
      MONGO_PORT: '27017',
      NEO4J_URI: 'bolt://neo4j:7687',
    })
    expect(of(base, 'milvus').environment).toMatchObject({ ETCD_ENDPOINTS: 'etcd:2379', MINIO_ADDRESS: 'minio:9000' })
    expect(PORTS).toMatchObject({ prometheus: 9090, grafana: 3001, loki: 3100 })
  })

  it.each([
    ['shared_buffers', '2GB'],
    ['work_mem', '256MB'],
    ['maintenance_work_mem', '512MB'],
    ['effective_cache_size', '4GB'],
  ])('tell PostgreSQL %s %s by an argument (R46-R49)', (name, value) => {
    expect(of(prod, 'postgres').command?.join(' ')).toContain(`-c ${name}=${value}`)
  })

  it("bound PostgreSQL's log (R50)", () => {
    expect(of(prod, 'postgres').logging).toEqual({
      driver: 'json-file',
      options: { 'max-size': '100m', 'max-file': '3' },
    })
  })

  it('give Neo4j 4 GB of heap, which does not grow, and 2 of page cache (R51, R52)', () => {
    expect(of(prod, 'neo4j').environment).toEqual({
      NEO4J_server_memory_heap_initial__size: '4G',
      NEO4J_server_memory_heap_max__size: '4G',
      NEO4J_server_memory_pagecache_size: '2G',
    })
  })

  it('start the backend as the description has it (R53, R54, R55)', () => {
    const { environment, command } = of(prod, 'backend')
    expect(environment).toEqual({ DEBUG: 'false', WORKERS: '4' })
    expect(command?.join(' ')).toBe('gunicorn app.main:app -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:8000')
  })

  it('build the front end from Dockerfile.prod (R56)', () => {
    expect(of(base, 'frontend').build).toEqual({ context: './frontend' })
    expect(of(prod, 'frontend').build).toEqual({ dockerfile: 'Dockerfile.prod' })
  })

  it('bound Redis, with its password and what it appends kept (R57)', () => {
    const command = of(prod, 'redis').command?.join(' ') ?? ''
    for (const part of ['maxmemory 1gb', 'maxmemory-policy allkeys-lru', 'requirepass', 'appendonly yes'])
      expect(command).toContain(part)
  })

  it('let databases open as many files as they need, whatever the engine would give them (D17)', () => {
    const limited = Object.entries(base.services).filter(([, service]) => 'ulimits' in service)
    expect(limited.map(([name]) => name).sort()).toEqual(['milvus', 'mongo', 'neo4j', 'postgres'])
    for (const [, { ulimits }] of limited) expect(ulimits).toEqual({ nofile: { soft: 65_536, hard: 65_536 } })
  })

  it('are found by whoever stands in the folder, under one name (D20)', () => {
    expect(made.variables).toMatchObject({
      COMPOSE_PROJECT_NAME: 'moja-dzialka',
      COMPOSE_FILE: 'docker-compose.yml:docker-compose.prod.yml',
    })
    for (const text of [made.base, made.prod]) expect(text).not.toMatch(/^version:|container_name/m)
  })

  it('restart everything (R58)', () => {
    expect(Object.entries(prod.services).map(([name, { restart }]) => [name, restart])).toEqual(
      Object.keys(SIZES.document.memory).map((name) => [name, 'always']),
    )
    expect(Object.keys(prod.services).sort()).toEqual([...SERVICES].sort())
  })

  it('bring the databases up before anything else (R130)', () => {
    const titles = composeStack.tasks({ vars, site: SITE, host: NOBLE }).map(({ title }) => title)
    const steps = ['databases up', 'application deployed', 'everything up']
    expect(titles.filter((title) => steps.includes(title))).toEqual(steps)
    expect(Object.keys(made.databases).sort()).toEqual([...DATABASES].sort())
  })
})
