import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { spell } from '../../lib/session/compose.ts'
import { restarted } from '../../tasks/compose.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trueup-restart-'))
  mkdirSync(join(dir, 'tree'))
  writeFileSync(join(dir, 'tree', 'loki.yml'), 'a: 1')
})
afterEach(() => rmSync(dir, { recursive: true }))

/** Runs the handler with an engine that has one container, or none. */
const run = (container: { started: Date; after: string } | undefined) => {
  const { started, after } = container ?? { started: new Date(), after: '' }
  const docker = join(dir, 'docker')
  writeFileSync(
    docker,
    `#!/bin/bash
case "$1 $*" in
  ps*) ${container === undefined ? ':' : 'echo c0ffee'} ;;
  inspect*StartedAt*) echo ${started.toISOString()} ;;
  inspect*) n=$(cat ${dir}/asked 2>/dev/null || echo 0); echo $((n + 1)) >${dir}/asked; [ "$n" -ge 1 ] && echo ${after} || echo starting ;;
  restart*) touch ${dir}/restarted ;;
  logs*) echo 'line 3: not a field' ;;
esac
`,
  )
  chmodSync(docker, 0o755)
  const handler = restarted({ name: 'x-monitoring', dir: '/srv/x' }, 'loki', join(dir, 'tree'))
  const script = spell(handler.run)
  try {
    execFileSync('bash', ['--norc', '--noprofile', '-c', script], {
      env: { PATH: `${dir}:${process.env['PATH']}`, HOME: dir },
      stdio: 'pipe',
    })
    return { code: 0, said: '', again: existsSync(join(dir, 'restarted')) }
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer }
    return { code: status, said: stderr.toString(), again: existsSync(join(dir, 'restarted')) }
  }
}
const seconds = (count: number) => new Date(Date.now() + count * 1000)

it('leaves a service alone that is not up, or was started after the last change', () => {
  expect(run(undefined)).toEqual({ code: 0, said: '', again: false })
  expect(run({ started: seconds(60), after: 'healthy' })).toEqual({ code: 0, said: '', again: false })
})

it.each([
  'healthy',
  'running',
])('restarts a service whose files have changed since, and waits until it is %s', (after) => {
  expect(run({ started: seconds(-60), after })).toEqual({ code: 0, said: '', again: true })
})

it('goes by the time of the change, whatever the file says of itself', () => {
  utimesSync(join(dir, 'tree', 'loki.yml'), seconds(-3600), seconds(-3600))
  expect(run({ started: seconds(-60), after: 'running' }).again).toBe(true)
})

it('says what a service said that does not come back', () => {
  const { code, said } = run({ started: seconds(-60), after: 'unhealthy' })
  expect({ code, said }).toEqual({
    code: 1,
    said: 'loki is unhealthy with its new configuration; it said:\nline 3: not a field\n',
  })
})
