import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Stage, stage } from './stage.ts'

vi.setConfig({ testTimeout: 120_000 })

let on: Stage
let origin: string
const git = (dir: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(
    'git',
    ['-C', dir, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args],
    {
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}
const commit = (text: string): string => {
  writeFileSync(join(origin, 'app'), text)
  git(origin, 'add', 'app')
  git(origin, 'commit', '-qm', text)
  return git(origin, 'rev-parse', 'HEAD')
}
let first: string

beforeEach(() => {
  on = stage()
  origin = join(on.root, 'origin')
  mkdirSync(origin)
  git(origin, 'init', '-q', '-b', 'main')
  first = commit('one')
  git(on.root, 'clone', '-q', origin, join(on.dir, 'src'))
})
afterEach(() => on.end())

const ref = () => readFileSync(join(on.dir, '.ref'), 'utf8')
const source = () => git(join(on.dir, 'src'), 'rev-parse', 'HEAD')

it('builds the commit of a branch and remembers it once it is healthy', () => {
  on.set('tags', `${first}\n${'0'.repeat(40)}\nlatest\n`)
  const { code, output } = on.run('deploy.sh')
  expect(code, output).toBe(0)
  expect(ref()).toBe(`${first}\n`)
  expect(readFileSync(join(on.dir, '.ref.env'), 'utf8')).toBe(`APP_REF=${first}\n`)
  expect(on.got('up')).toBe(first)
  const calls = on.calls()
  expect(calls).toContainEqual(expect.stringContaining('build backend frontend'))
  expect(calls).toContainEqual(
    expect.stringMatching(/up -d --no-deps --wait --wait-timeout 2 backend celery-worker frontend/),
  )
  expect(calls.filter((call) => call.startsWith('curl')).map((call) => call.split(' ').at(-1))).toEqual([
    'http://127.0.0.1:8000/health',
    'http://127.0.0.1:3000/',
  ])
  // Images of other commits go; this one, and what is no commit, stay.
  expect(calls.filter((call) => call.startsWith('image rm'))).toEqual([
    `image rm moja-dzialka-backend:${'0'.repeat(40)}`,
    `image rm moja-dzialka-frontend:${'0'.repeat(40)}`,
  ])
  expect(readFileSync(join(on.metrics, 'moja-dzialka-deploy.prom'), 'utf8')).toContain(`deploy_info{ref="${first}"} 1`)
})

it('ends with what runs (R95)', () => {
  expect(on.run('deploy.sh').code).toBe(0)
  const listed = on.calls().findLastIndex((call) => / ps$/.test(call))
  const up = on.calls().findIndex((call) => call.includes('up -d'))
  expect(listed).toBeGreaterThan(up)
})

it('takes a commit, and goes back to an older one', () => {
  const second = commit('two')
  expect(on.run('deploy.sh').code).toBe(0)
  expect(ref()).toBe(`${second}\n`)
  expect(on.run('deploy.sh', first).code).toBe(0)
  expect(ref()).toBe(`${first}\n`)
  expect(source()).toBe(first)
})

it.each([
  ['the containers do not become healthy', 'never'],
  ['the backend does not answer', 'curl .*8000/health'],
  ['the frontend does not answer', 'curl .*3000/'],
])('puts the one before back where %s', (_, pattern) => {
  expect(on.run('deploy.sh').code).toBe(0)
  const second = commit('two')
  on.set('status', 'backend|running|unhealthy\nfrontend|running|healthy\ncelery-worker|running|\n')
  if (pattern === 'never') on.set('sick', second)
  else on.fail(pattern)
  const { code, output } = on.run('deploy.sh')
  expect(code).not.toBe(0)
  expect(output).toContain('backend is running unhealthy; its last lines:\nthe last words of backend')
  expect(output).not.toContain('frontend is running')
  expect(output).not.toContain('celery-worker is running')
  expect(output).toContain(`${first} runs again`)
  expect(on.got('up')).toBe(first)
  expect(ref()).toBe(`${first}\n`)
  expect(source()).toBe(first)
  expect(on.calls().some((call) => call.startsWith('image rm'))).toBe(false)
})

it('touches nothing that runs where it cannot be built', () => {
  expect(on.run('deploy.sh').code).toBe(0)
  commit('two')
  on.set('up', 'untouched')
  on.fail(' build ')
  expect(on.run('deploy.sh').code).not.toBe(0)
  expect(on.got('up')).toBe('untouched')
  expect(ref()).toBe(`${first}\n`)
  expect(source()).toBe(first)
})

it('does not remember a first one that is not healthy', () => {
  on.fail(' up ')
  expect(on.run('deploy.sh')).toMatchObject({ code: 1, output: expect.stringContaining('none before it') })
  expect(existsSync(join(on.dir, '.ref'))).toBe(false)
})

it('refuses what would lose changes made by hand, and what is not there', () => {
  appendFileSync(join(on.dir, 'src/app'), 'by hand')
  expect(on.run('deploy.sh')).toMatchObject({ code: 1, output: expect.stringContaining('changes made by hand') })
  git(join(on.dir, 'src'), 'checkout', '-q', 'app')
  expect(on.run('deploy.sh', 'nowhere')).toMatchObject({ code: 1, output: expect.stringContaining('has no nowhere') })
  expect(on.calls()).toEqual([])
})
