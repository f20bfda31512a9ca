import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appRepository, REPOSITORY } from './application.ts'
import * as sandbox from './index.ts'
import { breakBlob, images, publish, startRegistry, stopRegistry } from './registry/index.ts'

const HOST = 'registry'
const PACKAGES = 'docker.io docker-cli docker-compose docker-buildx git'

const run = (command: string, input?: string) =>
  sandbox.ssh(HOST, command, { timeout: 240_000, ...(input !== undefined && { input }) })

const out = async (command: string, input?: string): Promise<string> => {
  const { code, stdout, stderr } = await run(command, input)
  if (code !== 0) throw new Error(`${command}: exit ${code}\n${stderr}`)
  return stdout.trim()
}

const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  const start = performance.now()
  const result = await work()
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return result
}

const write = (path: string, file: string) =>
  out(
    `mkdir -p "$(dirname ${path})" && cat > ${path}`,
    readFileSync(new URL(`registry/${file}`, import.meta.url), 'utf8'),
  )

const compose = (command: string) => `docker compose -f /root/stack/compose.yml ${command}`
const inside = (command: string) => out(`${compose(`exec -T ${command}`)} < /dev/null`)

beforeAll(async () => {
  await timed('host up', () => sandbox.up([HOST]))
  const install = `export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -qy install --no-install-recommends ${PACKAGES}`
  await timed('images built and served', images)
  await timed('docker installed', () => out(install))
})
afterAll(() => sandbox.down([HOST]))

describe('a host', () => {
  it('trusts the sandbox, also after its certificates are gathered again', async () => {
    const certificates = 'cd /etc/ssl/certs && sha256sum * && ls -l | cut -d " " -f 1,3,4,9-'
    const before = await out(certificates)
    expect(await out('update-ca-certificates')).toContain('0 added, 0 removed')
    expect(await out(certificates)).toBe(before)
    expect(await out('curl -sS https://quay.io/v2/')).toBe('{}')
  })

  it.each([
    'redis:7.4',
    'quay.io/coreos/etcd:v3.5.16',
    'ghcr.io/google/cadvisor:v0.60.5',
  ])('pulls %s by its name', async (name) => {
    await timed(`pull ${name}`, () => out(`docker pull -q ${name}`))
    expect(await out(`docker image inspect --format '{{.RepoTags}}' ${name}`)).toContain(name)
  })
})

describe('when the registry fails', () => {
  it('says so of a tag that is not there, until it is', async () => {
    expect((await run('docker pull -q redis:7.4.1')).stderr).toContain('manifest unknown')
    await publish('redis:7.4', 'redis:7.4.1')
    expect(await out('docker pull -q redis:7.4.1')).toBe('docker.io/library/redis:7.4.1')
  })

  it('breaks off in the middle of a broken image, until it is mended', async () => {
    await breakBlob('busybox:1.37')
    expect((await run('docker pull -q busybox:1.37')).stderr).toContain('unknown')
    await publish('busybox:1.37')
    expect(await out('docker run --rm busybox:1.37 busybox echo whole')).toBe('whole')
  })

  it('refuses connections while it is stopped', async () => {
    await stopRegistry()
    expect((await run('docker pull -q nginx:1.27')).stderr).toContain('connection refused')
    await startRegistry()
    expect(await out('docker pull -q nginx:1.27')).toBe('docker.io/library/nginx:1.27')
  })
})

describe('a stack', () => {
  beforeAll(async () => {
    await write('/root/stack/compose.yml', 'stack.yml')
    await timed('stack pulled', () => out(compose('pull -q')))
    await timed('stack healthy', () => out(compose('up -d --wait --wait-timeout 200')))
  })
  afterAll(() => out(compose('down -v -t 2')))

  it('is healthy as a whole', async () => {
    const states = await out(compose("ps -a --format '{{.Service}} {{.State}} {{.Health}}'"))
    expect(states.split('\n').filter((line) => !line.endsWith(' running healthy'))).toEqual([])
    expect(states.split('\n')).toHaveLength(16)
  })

  it('has a PostgreSQL that heeds its arguments, with PostGIS', async () => {
    const psql = "postgres psql -U app -d moja_dzialka -Atc 'SHOW shared_buffers' -c"
    expect(await inside(`${psql} 'SELECT ST_X(ST_Point(7, 8))'`)).toBe('64MB\n7')
  })

  it('has a Redis with the password that came by standard input', async () => {
    expect(await inside('redis sh -c "redis-cli SET a 1; REDISCLI_AUTH= redis-cli GET a"')).toBe(
      'OK\nNOAUTH Authentication required.',
    )
  })

  it('has a Neo4j that is dumped and loaded only while it is stopped', async () => {
    const shell = 'neo4j cypher-shell -u neo4j -p sandbox-neo4j --format plain'
    const count = () => inside(`${shell} 'MATCH (n) RETURN count(n) AS n;'`)
    const admin = (command: string) => compose(`run --rm --no-deps -T neo4j neo4j-admin database ${command}`)
    await inside(`${shell} 'CREATE (:Parcel {id: 1})'`)
    expect(await count()).toBe('n\n1')
    expect((await run(`${admin('dump neo4j --to-stdout')} < /dev/null`)).stderr).toContain('The database is in use')
    await out(`${compose('stop neo4j')} && ${admin('dump neo4j --to-stdout')} < /dev/null > /root/dump`)
    expect((await run(`${admin('load neo4j --from-stdin')} < /root/dump`)).stderr).toContain('already exists')
    await out(compose('up -d --wait neo4j'))
    await inside(`${shell} 'CREATE (:Parcel {id: 2})'`)
    expect(await count()).toBe('n\n2')
    const load = admin('load neo4j --from-stdin --overwrite-destination=true')
    await out(`${compose('stop neo4j')} && ${load} < /root/dump && ${compose('up -d --wait neo4j')}`)
    expect(await count()).toBe('n\n1')
    expect((await run(`${compose('exec -T neo4j cypher-shell -u neo4j -p wrong 1')} < /dev/null`)).stderr).toContain(
      'unauthorized',
    )
  })

  it('has a MongoDB whose archive brings its documents back', async () => {
    const login = `-u app -p "it's" --authenticationDatabase admin`
    const shell = (script: string) => inside(`mongo mongosh --quiet ${login} moja_dzialka --eval '${script}'`)
    await shell('db.leads.insertMany([{a: 1}, {a: 2}])')
    const dumped = await run(
      `${compose(`exec -T mongo mongodump ${login} --archive --gzip --db moja_dzialka`)} < /dev/null > /root/archive`,
    )
    expect(dumped.stderr).toContain('done dumping moja_dzialka.leads (2 documents)')
    await shell('db.leads.drop()')
    expect(await shell('db.leads.countDocuments({})')).toBe('0')
    await out(`${compose(`exec -T mongo mongorestore ${login} --archive --gzip --drop`)} < /root/archive`)
    expect(await shell('db.leads.countDocuments({})')).toBe('2')
    expect((await run(`${compose('exec -T mongo mongorestore --archive --gzip')} < /root/archive`)).code).not.toBe(0)
  })

  it('has stand-ins that fail when they are told to', async () => {
    const health = compose('exec -T milvus curl -s -o /dev/null -w %{http_code} http://127.0.0.1:9091/healthz')
    await inside(`milvus sh -c 'echo unhealthy > /var/lib/milvus/fault'`)
    expect(await out(`${health} < /dev/null`)).toBe('503')
    await run(`${compose(`exec -T milvus sh -c 'echo crash > /var/lib/milvus/fault'`)} < /dev/null`)
    expect(await out(`docker wait $(${compose('ps -aq milvus')})`)).toBe('1')
  })
})

describe('the application', () => {
  const up = (ref: string) =>
    run(
      `cd /root/app && export APP_REF=${ref} && git checkout -q ${ref} && docker compose build -q && docker compose up -d --wait --wait-timeout 60`,
    )

  it('is built without a network, runs, and is held back where it is broken', async () => {
    const [first = ''] = await appRepository(HOST)
    await out(`git clone -q ${REPOSITORY} /root/app`)
    await write('/root/app/compose.yml', 'app.yml')
    expect(await timed('application built and healthy', () => up(first))).toMatchObject({ code: 0 })
    expect(await out('curl -sS http://127.0.0.1:8000/health')).toBe('{"status":"ok","version":"1"}')
    expect(await out("curl -sS 'http://127.0.0.1:8000/api/add?a=40&b=2'")).toBe('{"sum":42}')
    expect(await out('curl -sS http://127.0.0.1:3000/some/page')).toContain('A stand-in')
    const talk = `from websockets.sync.client import connect as c
with c('ws://127.0.0.1:8000/api/v2/conversation/ws') as s: s.send('hello'); print(s.recv())`
    expect(await out(`docker exec -i app-backend-1 python3 -`, talk)).toBe('hello')

    const [again, broken = ''] = await appRepository(HOST, [{ version: '1' }, { version: '2', fault: 'exit' }])
    expect(again).toBe(first)
    await out('git -C /root/app fetch -q')
    expect((await up(broken)).code).not.toBe(0)
    expect(await timed('back to the first release', () => up(first))).toMatchObject({ code: 0 })
  })
})
