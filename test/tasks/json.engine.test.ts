import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Probe, State } from '../../lib/index.ts'
import { judge, probesOf, type Step } from '../../lib/language/judge.ts'
import { json } from '../../tasks/json.ts'
import { bash } from './bash.ts'
import { asked } from '../found.ts'

const dir = mkdtempSync(join(tmpdir(), 'trueup-json-'))
afterAll(() => rmSync(dir, { recursive: true }))

const path = join(dir, 'settings.json')
const task = json({ path, settings: { log: { driver: 'local' } } })

const look = (probe: Probe): State => {
  const [state] = asked([probe], bash)
  if (state === undefined || state instanceof Error) throw state ?? new Error('no answer')
  return state
}
const step = (): Step => judge(task, { get: (probe) => ({ state: look(probe) }) })

it('keeps the mode and owner that a file has, and the settings of others', () => {
  const nobody = process.getuid?.() === 0
  writeFileSync(path, '{ "theirs": [1], "log": { "level": "warn" } }')
  chmodSync(path, 0o640)
  if (nobody) chownSync(path, 65_534, Number(execFileSync('id', ['-g', 'daemon'], { encoding: 'utf8' })))
  const before = statSync(path)
  const found = step()
  if (found.kind !== 'drift' || found.task.kind !== 'task') throw new Error(found.kind)
  expect(bash(found.task.apply(found.drift))).toMatchObject({ code: 0, stderr: '' })
  expect(step().kind).toBe('ok')
  const { mode, uid, gid } = statSync(path)
  expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: before.uid, gid: before.gid })
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ theirs: [1], log: { level: 'warn', driver: 'local' } })
  expect(probesOf(task)).toHaveLength(1)
})
