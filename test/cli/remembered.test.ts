import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cacheFolder } from '../../lib/cli/cache.ts'
import { remembered } from '../../lib/cli/remembered.ts'
import { FACTS } from '../runner/fake-host.ts'
import { makeHost } from '../session/hosts.ts'

const root = mkdtempSync(join(tmpdir(), 'trueup-remembered-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('what a host said of itself', () => {
  const folder = join(root, 'cache', 'trueup', 'hosts')
  const web1 = makeHost({ name: 'web1' })

  it('is known the next time, to this person alone', () => {
    expect(remembered(folder, web1).recall()).toBeUndefined()
    remembered(folder, web1).keep(FACTS)
    const later = { ...FACTS, rebootRequired: true }
    remembered(folder, web1).keep(later)
    expect(remembered(folder, web1).recall()).toEqual(later)
    const [file = ''] = readdirSync(folder)
    expect(readdirSync(folder)).toEqual([file])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  })

  it('is not that of a host of the same name elsewhere', () => {
    remembered(folder, web1).keep(FACTS)
    expect(remembered(folder, makeHost({ name: 'web1', port: 2222 })).recall()).toBeUndefined()
  })

  it.each([
    '',
    '{',
    '{}',
    '[]',
    JSON.stringify({ ...FACTS, cpus: 'two' }),
    JSON.stringify({ ...FACTS, more: 1 }),
  ])('is not known where what was kept is %j', (text) => {
    const own = mkdtempSync(join(root, 'bad-'))
    remembered(own, web1).keep(FACTS)
    writeFileSync(join(own, readdirSync(own)[0] ?? ''), text)
    expect(remembered(own, web1).recall()).toBeUndefined()
  })

  it('is not kept where that cannot be', () => {
    const blocked = join(root, 'file')
    writeFileSync(blocked, '')
    remembered(join(blocked, 'hosts'), web1).keep(FACTS)
    expect(remembered(join(blocked, 'hosts'), web1).recall()).toBeUndefined()
    const home = join(root, 'nobody', 'home', '.cache', 'trueup', 'hosts')
    remembered(home, web1).keep(FACTS)
    expect(existsSync(join(root, 'nobody'))).toBe(false)
  })
})

it.each([
  [{ TRUEUP_CACHE: '/c', HOME: '/h' }, '/c'],
  [{ TRUEUP_CACHE: '', HOME: '/h' }, undefined],
  [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/trueup'],
  [{ HOME: '/h' }, '/h/.cache/trueup'],
  [{}, undefined],
])('what can be lost is kept, by %j, in %s', (env, folder) => {
  expect(cacheFolder(env)).toBe(folder)
})
