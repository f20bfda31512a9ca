// Images whose real programs Debian does not have: a small server with their ports, pages, tools and volumes.
import type { Entry } from './catalog.ts'

type StandIn = {
  name: string
  version: string
  /** The server, and the tools beside it. */
  programs: [server: string, ...tools: string[]]
  ports: number[]
  volume?: string
  user?: number
  healthcheck?: string[]
}

const STANDINS: Readonly<Record<string, StandIn>> = {
  neo4j: {
    ...{ name: 'neo4j:5.26-community', version: '5.26.0', ports: [7474, 7687], volume: '/data' },
    programs: ['neo4j', 'neo4j-admin', 'cypher-shell'],
  },
  mongo: {
    ...{ name: 'mongo:7.0', version: '7.0.0', ports: [27017], volume: '/data/db' },
    programs: ['mongod', 'mongosh', 'mongodump', 'mongorestore'],
  },
  minio: {
    ...{
      name: 'minio/minio:RELEASE.2024-11-07T00-52-20Z',
      version: '2024-11-07',
      ports: [9000, 9001],
      volume: '/data',
    },
    programs: ['minio', 'mc'],
  },
  milvus: {
    ...{ name: 'milvusdb/milvus:v2.4.15', version: '2.4.15', ports: [19530, 9091], volume: '/var/lib/milvus' },
    programs: ['milvus'],
  },
  grafana: {
    ...{ name: 'grafana/grafana:10.2.0', version: '10.2.0', ports: [3000], volume: '/var/lib/grafana', user: 472 },
    programs: ['grafana'],
  },
  loki: {
    ...{ name: 'grafana/loki:3.6.3', version: '3.6.3', ports: [3100], volume: '/loki', user: 10001 },
    programs: ['loki'],
  },
  alloy: {
    ...{ name: 'grafana/alloy:v1.13.0', version: '1.13.0', ports: [12345], volume: '/var/lib/alloy/data' },
    programs: ['alloy'],
  },
  cadvisor: {
    ...{ name: 'ghcr.io/google/cadvisor:v0.60.5', version: '0.60.5', ports: [8080], programs: ['cadvisor'] },
    healthcheck: ['CMD-SHELL', 'wget --quiet --tries=1 --spider http://127.0.0.1:8080/healthz || exit 1'],
  },
}

const PROGRAMS = '/opt/standin/bin'
// One more name by which production may ask for the same image.
const ALSO: Readonly<Record<string, string[]>> = { cadvisor: ['gcr.io/cadvisor/cadvisor:v0.47.2'] }

/** The stand-ins as images; label `sandbox.standin` says so, and which. */
export const standin = (path: string): Entry[] =>
  Object.entries(STANDINS).map(([kind, { name, version, programs, ports, volume, user, healthcheck }]) => ({
    names: [name, ...(ALSO[kind] ?? [])],
    layer: 'base',
    files: {
      trees: ['standin'],
      links: Object.fromEntries(programs.map((program) => [`${PROGRAMS}/${program}`, '../main.py'])),
      ...(volume && { folders: { [volume]: user ?? 0 } }),
    },
    config: {
      Env: { PATH: `${PROGRAMS}:${path}`, STANDIN_VERSION: version, PYTHONDONTWRITEBYTECODE: '1' },
      Entrypoint: ['/opt/standin/entry', programs[0]],
      ...(user && { User: String(user) }),
      ...(volume && { Volumes: [volume] }),
      ExposedPorts: ports,
      Labels: { 'sandbox.standin': kind },
      ...(healthcheck && { Healthcheck: healthcheck }),
    },
  }))
