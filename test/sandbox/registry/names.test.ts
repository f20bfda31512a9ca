import { describe, expect, it } from 'vitest'
import { CATALOG } from './catalog.ts'
import { reference } from './names.ts'

describe('reference', () => {
  it.each([
    ['redis:7.4', 'library/redis', '7.4'],
    ['prom/prometheus:v2.48.0', 'prom/prometheus', 'v2.48.0'],
    ['quay.io/coreos/etcd:v3.5.16', 'coreos/etcd', 'v3.5.16'],
    ['localhost:5000/app:1', 'app', '1'],
    ['docker.io/a/b_c:RELEASE.2024-11-07T00-52-20Z', 'a/b_c', 'RELEASE.2024-11-07T00-52-20Z'],
  ])('%s', (name, repository, tag) => {
    expect(reference(name)).toEqual({ repository, tag })
  })

  it.each(['redis', 'redis:', 'Redis:7', ''])('refuses %j', (name) => {
    expect(() => reference(name)).toThrow('an image of the sandbox is NAME:TAG')
  })
})

describe('the catalog', () => {
  it('has each name once, also without the host part', () => {
    const names = CATALOG.flatMap((entry) => entry.names.map(reference)).map(
      ({ repository, tag }) => `${repository}:${tag}`,
    )
    expect(new Set(names).size).toBe(names.length)
  })

  it('says of every image whose program is not the real one that it is a stand-in', () => {
    const standins = CATALOG.filter(({ config }) => config.Entrypoint?.[0] === '/opt/standin/entry')
    const labels = standins.map(({ config }) => config.Labels?.['sandbox.standin']).sort()
    expect(labels).toEqual(['alloy', 'cadvisor', 'grafana', 'loki', 'milvus', 'minio', 'mongo', 'neo4j'])
  })
})
