import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import * as compose from '../../tasks/compose.ts'
import type { JsonObject } from '../../tasks/json.ts'
import { down, reset, ssh, up } from '../sandbox/index.ts'
import { hands } from './hands.ts'

/** A project of two small services on a booted host, whose image was never in a registry. */
const HOST = 'compose'
const DIR = '/root/shop'
const { judged, mend, refused, harm } = hands(HOST)

const HEALTHY = { test: ['CMD', 'test', '-e', '/tmp/well'], interval: '1s', retries: 3, timeout: '2s' }
const sleeping = (more: JsonObject = {}): JsonObject => ({
  image: 'tiny:1',
  pull_policy: 'never',
  command: ['sh', '-c', 'touch /tmp/well; exec sleep 1000000'],
  healthcheck: HEALTHY,
  init: true,
  restart: 'always',
  ...more,
})

/** Writes the project's file, and what the task wants of it. */
const project = async (services: Readonly<Record<string, JsonObject>>, precious: readonly string[] = []) => {
  const wanted = Object.fromEntries(
    Object.entries(services).map(([name, one]) => [
      name,
      {
        image: String(one['image']),
        definition: compose.definition(one, {}),
        healthy: 'healthcheck' in one,
        restart: 'always' as const,
        built: true,
      },
    ]),
  )
  const labelled = Object.entries(services).map(([name, one]) => [
    name,
    { ...one, labels: compose.labels(wanted[name] ?? { definition: '', restart: '' }) },
  ])
  const file = stringify({ services: Object.fromEntries(labelled), networks: { default: { name: 'shop' } } })
  await harm(`mkdir -p ${DIR}; cat > ${DIR}/docker-compose.yml <<'END'\n${file}END`)
  return compose.up({
    ...{ name: 'shop', dir: DIR, files: ['docker-compose.yml'], environmentFiles: ['.env'], network: 'shop' },
    ...{ services: wanted, precious, wait: 20, exactly: true },
  })
}

const ids = async () => (await ssh(HOST, `docker ps -q --no-trunc | sort`)).stdout

beforeAll(async () => {
  await up([HOST])
  await reset([HOST])
  await harm(`export DEBIAN_FRONTEND=noninteractive
apt-get update -q >&2 && apt-get install -yq --no-install-recommends docker.io docker-cli docker-compose curl busybox-static >&2
mkdir -p /tmp/root/bin && cp /bin/busybox /tmp/root/bin/ && for name in sh sleep test touch; do ln -s busybox /tmp/root/bin/$name; done
mkdir /tmp/root/tmp; tar -C /tmp/root -c . | docker import - tiny:1; tar -C /tmp/root -c . | docker import - tiny:2`)
})
afterAll(() => down([HOST]))

describe('a project', () => {
  it('is brought up, and is as wanted then', async () => {
    await mend(await project({ one: sleeping(), two: sleeping() }))
  })

  it.each([
    ['a container removed', 'docker rm -f shop-one-1'],
    ['a container stopped', 'docker stop -t 1 shop-one-1'],
    ['a container paused', 'docker pause shop-one-1'],
    ['a container killed and kept from coming back', 'docker update --restart no shop-one-1; docker kill shop-one-1'],
    ['its restart policy changed on the socket', 'docker update --restart no shop-one-1'],
    ['a health that is gone', 'docker exec shop-one-1 busybox rm /tmp/well; sleep 6'],
    [
      'a container of another service',
      `docker run -d --label com.docker.compose.project=shop --label com.docker.compose.service=three tiny:1 sleep 1000`,
    ],
    ['another replica', `cd ${DIR} && docker compose -p shop up -d --no-recreate --scale one=2 one`],
    [
      'a container made by hand in its place',
      `docker rm -f shop-one-1; docker run -d --name shop-one-1 --network shop --label com.docker.compose.project=shop --label com.docker.compose.service=one --label com.docker.compose.container-number=1 --label com.docker.compose.oneoff=False tiny:1 sleep 1000`,
    ],
  ])('with %s is mended, and nothing else is touched', async (_, command) => {
    const task = await project({ one: sleeping(), two: sleeping() })
    const other = (await ssh(HOST, 'docker ps -q --no-trunc --filter name=shop-two')).stdout
    await harm(command)
    await mend(task)
    expect((await ssh(HOST, 'docker ps -q --no-trunc --filter name=shop-two')).stdout).toBe(other)
  })

  it('is told by its definition: the one service that changed is made anew', async () => {
    await mend(await project({ one: sleeping({ environment: { A: 'b' } }), two: sleeping() }))
  })

  it('whose tag means another image is not as wanted', async () => {
    const task = await project({ one: sleeping({ environment: { A: 'b' } }), two: sleeping() })
    await harm('docker tag tiny:1 kept:1; docker tag tiny:2 tiny:1')
    const step = await judged(task)
    expect(step).toMatchObject({ kind: 'drift', drift: { keys: ['one image', 'two image'] } })
    await harm('docker tag kept:1 tiny:1')
    expect(await judged(task)).toEqual({ kind: 'ok' })
  })

  it('that does not get well is put back to the files that were good, and says what the service said', async () => {
    const before = await ids()
    const bad = sleeping({ command: ['sh', '-c', 'echo I am not well; exec sleep 1000000'] })
    const said = await refused(await project({ one: bad, two: sleeping() }))
    expect(said).toMatch(/one is Up.*it said:\s+I am not well[\s\S]*put back/)
    expect(await judged(await project({ one: sleeping({ environment: { A: 'b' } }), two: sleeping() }))).toEqual({
      kind: 'ok',
    })
    expect((await ids()).split('\n').length).toBe(before.split('\n').length)
  })

  it('that does not parse changes nothing', async () => {
    const before = await ids()
    expect(await refused(await project({ one: sleeping({ nonsense: true }), two: sleeping() }))).toMatch(/nonsense/)
    expect(await ids()).toBe(before)
  })

  it('that somebody else has started keeps its precious containers, and the rest is made ours', async () => {
    await harm(`cd ${DIR} && docker compose -p shop down -t 1 && docker network create foreign
docker run -d --name data --network foreign --label com.docker.compose.project=shop --label com.docker.compose.service=one --label com.docker.compose.container-number=1 --label com.docker.compose.oneoff=False tiny:1 sleep 100000`)
    const data = (await ssh(HOST, 'docker inspect -f {{.Id}} data')).stdout
    await mend(await project({ one: sleeping(), two: sleeping() }, ['one']))
    expect((await ssh(HOST, 'docker inspect -f {{.Id}} data')).stdout).toBe(data)
    expect(
      (
        await ssh(
          HOST,
          `docker exec shop-two-1 busybox nslookup one 127.0.0.11; docker inspect -f '{{json .NetworkSettings.Networks.shop.Aliases}}' data`,
        )
      ).stdout,
    ).toContain('one')
  })
})
