import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spell } from '../../lib/session/compose.ts'
import { bring } from '../../tasks/compose/up.ts'
import type { Service } from '../../tasks/compose.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trueup-up-'))
  writeFileSync(join(dir, 'docker-compose.yml'), 'new')
})
afterEach(() => rmSync(dir, { recursive: true }))

const program = (name: string, text: string) => {
  writeFileSync(join(dir, name), `#!/bin/bash\n${text}\n`)
  chmodSync(join(dir, name), 0o755)
}

const web: Service = { image: 'web:2', definition: 'x', healthy: true, restart: 'always' }

/** Brings a service up whose image has another name now, with an engine that fails where it is told to. */
const up = (fails: string) => {
  program('sleep', `echo "slept $1" >> ${dir}/calls`)
  program(
    'docker',
    `echo "$*" >> ${dir}/calls; count=$(grep -c ' pull ' ${dir}/calls)
case "$*" in
  ${fails}
  'ps -a'*Status*) echo 'web|c0ffee|Up 3 seconds (unhealthy)' ;;
  logs*) echo 'its last words' ;;
esac`,
  )
  const options = { name: 'p', dir, files: ['docker-compose.yml'], environmentFiles: [], services: { web }, wait: 5 }
  const script = spell(bring({ ...options, network: 'p' }, { web: 'running' }, ['web image'], []))
  const { status, stderr } = spawnSync('bash', ['--norc', '--noprofile', '-c', script], {
    env: { PATH: `${dir}:${process.env['PATH']}`, HOME: dir },
  })
  const calls = readFileSync(join(dir, 'calls'), 'utf8').split('\n')
  return { status, stderr: stderr.toString(), calls }
}
const touching = (calls: readonly string[]) => calls.filter((call) => / up | rm | restart /.test(call))

describe('a registry', () => {
  it('that is away for a moment is asked again (F16)', () => {
    const { status, calls } = up(`*' pull '*) [ "$count" -ge 3 ] || exit 1 ;;`)
    expect(status).toBe(0)
    expect(calls.filter((call) => call.startsWith('slept'))).toEqual(['slept 3', 'slept 12'])
    expect(touching(calls)).toHaveLength(1)
  })

  it('that stays away leaves what runs as it is (F16)', () => {
    const { status, stderr, calls } = up(`*' pull '*) echo 'toomanyrequests: rate limit' >&2; exit 1 ;;`)
    expect(status).not.toBe(0)
    expect(stderr).toContain('toomanyrequests')
    expect(touching(calls)).toEqual([])
  })
})

it('a container that does not become healthy is told of with its log, and the files before come back (F17)', () => {
  up(':) ;;')
  writeFileSync(join(dir, 'docker-compose.yml'), 'broken')
  const { status, stderr, calls } = up(`*' up '*) exit 1 ;;`)
  expect(status).toBe(1)
  expect(stderr).toMatch(/web is Up 3 seconds \(unhealthy\); it said:\nits last words\n.*put back/)
  expect(readFileSync(join(dir, 'docker-compose.yml'), 'utf8')).toBe('new')
  expect(touching(calls).length).toBeGreaterThanOrEqual(2)
})
