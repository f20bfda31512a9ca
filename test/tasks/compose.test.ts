import { describe, expect, it } from 'vitest'
import { Secret } from '../../lib/index.ts'
import { containers, definition, foreign } from '../../tasks/compose.ts'
import { nothing } from '../found.ts'

const ID = 'c'.repeat(64)
const container = (more: object, labels: object = {}) => ({
  Id: ID,
  Image: 'redis:7.4',
  State: 'running',
  Status: 'Up 2 minutes (healthy)',
  ...more,
  Labels: {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'redis',
    'com.docker.compose.oneoff': 'False',
    'trueup.definition': 'abc',
    'trueup.limits': 'always 1048576',
    ...labels,
  },
})
const inspected = (restart: string, memory: number, id = ID) =>
  `"Id":"${id}"\n"RestartPolicy":{"Name":"${restart}"\n"Memory":${memory}\n`

const { family, key } = containers({ name: 'shop', dir: '/srv/shop' })
const read = (list: readonly object[], limits = inspected('always', 1048576), ref = '', controllers = 'memory') =>
  family.parse([JSON.stringify(list), limits, ref, controllers].join('\0'), [key], nothing).get(key)

describe('the containers of a project', () => {
  it('are none where there is no engine', () => {
    expect(family.parse('', [key], nothing).get(key)).toEqual({})
  })

  it('are told by service', () => {
    expect(read([container({})])).toEqual({
      redis: 'healthy',
      'redis image': 'redis:7.4',
      'redis definition': 'abc',
      'redis limits': 'as made',
    })
  })

  it.each([
    [{ Status: 'Up 5 seconds' }, 'running'],
    [{ Status: 'Up 5 seconds (health: starting)' }, 'starting'],
    [{ Status: 'Up 5 seconds (unhealthy)' }, 'unhealthy'],
    [{ Status: 'Up 5 seconds (Paused)', State: 'paused' }, 'paused'],
    [{ Status: 'Exited (137) 3 days ago', State: 'exited' }, 'exited 137'],
    [{ Status: 'Restarting (1) 3 seconds ago', State: 'restarting' }, 'restarting'],
    [{ Status: 'Created', State: 'created' }, 'created'],
  ])('%o: %s', (more, condition) => {
    expect(read([container(more)])).toMatchObject({ redis: condition })
  })

  it('are compared with what they were made with', () => {
    expect(read([container({})], inspected('no', 1048576))).toMatchObject({
      'redis limits': 'restart no, memory 1048576',
    })
    expect(read([container({})], inspected('always', 0))).toMatchObject({ 'redis limits': 'restart always, memory 0' })
    expect(read([container({})], inspected('always', 0), '', '')).toMatchObject({ 'redis limits': 'as made' })
  })

  it('are nobody else’s, and no one-off', () => {
    expect(
      read([
        container({}, { 'com.docker.compose.project': 'another' }),
        container({}, { 'com.docker.compose.oneoff': 'True' }),
      ]),
    ).toEqual({})
  })

  it('are counted where a service has several', () => {
    expect(read([container({}), container({ Id: 'd'.repeat(64) })])).toMatchObject({ redis: '2 containers' })
  })

  it('have the deployed commit by what the host says it is', () => {
    expect(read([container({ Image: 'shop-web:0123' })], undefined, '0123')).toMatchObject({
      'redis image': 'shop-web:‹deployed›',
    })
    expect(read([container({ Image: 'shop-web:0122' })], undefined, '0123')).toMatchObject({
      'redis image': 'shop-web:0122',
    })
  })

  it('are somebody else’s where they carry no label of ours', () => {
    expect(foreign({ redis: 'healthy', 'redis image': 'redis:7.4' }, ['redis', 'mongo'])).toEqual(['redis'])
    expect(foreign({ redis: 'healthy', 'redis definition': 'abc' }, ['redis'])).toEqual([])
  })

  it('fail loudly where the engine answers something else', () => {
    expect(() => family.parse('nonsense\0\0\0', [key], nothing)).toThrow()
    expect(() => family.parse('{"message":"no"}\0\0\0', [key], nothing)).toThrow()
  })
})

describe('a definition', () => {
  const service = { image: 'redis:7.4', environment: { PASSWORD: '${REDIS_PASSWORD:?}', COST: '$$5' } }
  const hash = definition(service, { REDIS_PASSWORD: new Secret('redis', 'one'), OTHER: 'x' })

  it('changes with the service and with the variables that it uses', () => {
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(definition({ ...service, image: 'redis:8' }, { REDIS_PASSWORD: 'one' })).not.toBe(hash)
    expect(definition(service, { REDIS_PASSWORD: 'two' })).not.toBe(hash)
  })

  it('and with no other variable, unless it gets all of them', () => {
    expect(definition(service, { REDIS_PASSWORD: 'one', OTHER: 'y' })).toBe(hash)
    expect(definition(service, { OTHER: 'y', REDIS_PASSWORD: 'one' }, true)).not.toBe(hash)
    expect(definition(service, { OTHER: 'y', REDIS_PASSWORD: 'one' }, true)).toBe(
      definition(service, { REDIS_PASSWORD: 'one', OTHER: 'y' }, true),
    )
  })
})
