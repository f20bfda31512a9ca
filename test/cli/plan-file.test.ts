import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Plan, readPlan, writePlan } from '../../lib/cli/plan/file.ts'
import { planKey } from '../../lib/cli/plan/key.ts'

let dir = ''
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'trueup-plan-'))))
afterEach(() => rmSync(dir, { recursive: true }))

const key = Buffer.from('a key that nobody else has')
const mark = '0123456789abcdef0123456789abcdef'
const plan: Plan = {
  id: '20261124T073000Z-ab12',
  version: '0.1.0',
  made: '2026-11-24T07:30:00.000Z',
  inventory: '/etc/inventory.yml',
  roles: ['ufw'],
  hosts: {
    web1: {
      inventory: { host: mark, site: mark, vars: { ufw: mark } },
      steps: [
        { role: 'ufw', task: 'a', status: 'ok', changes: [] },
        {
          role: 'ufw',
          task: 'b',
          status: 'would-change',
          changes: [{ key: 'k', from: null, to: 1, was: null, is: mark }],
          how: mark,
        },
      ],
    },
  },
}
const saved = (): { file: string; text: string } => {
  const file = join(dir, 'plan.json')
  writePlan(file, plan, key)
  return { file, text: readFileSync(file, 'utf8') }
}

describe('the file of a plan', () => {
  it('comes back as it was, and is its owner’s alone, also where another one was', () => {
    writeFileSync(join(dir, 'plan.json'), 'an older one', { mode: 0o644 })
    const { file } = saved()
    expect(readPlan(file, key)).toEqual(plan)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(dir)).toEqual(['plan.json'])
  })

  it.each<[string, (text: string) => string, RegExp]>([
    ['no JSON', () => '{\n "trueup": "plan",\n oops }', /^FILE:3: not JSON: [^\n]*$/],
    ['cut off', (text) => text.slice(0, 200), /^FILE:\d+: not JSON: [^\n]*$/],
    ['something else', () => '{}', /^FILE: not a plan of trueup's; --dry-run --out FILE makes one$/],
    ['of another format', (text) => text.replace('"format": 1', '"format": 9'), /^FILE: a plan of format 9, and this/],
    ['misshapen', (text) => text.replace('"ok"', '"perhaps"'), /^FILE: hosts\.web1\.steps\[0\]\.status: [^\n]*$/],
    ['edited', (text) => text.replace('"b"', '"c"'), /^FILE: it was edited since it was made; make a new one$/],
  ])('is refused where it is %s', (_, change, message) => {
    const { file, text } = saved()
    writeFileSync(file, change(text))
    const refusal = () => {
      try {
        readPlan(file, key)
        return ''
      } catch (error) {
        return error instanceof Error ? error.message.replace(file, 'FILE') : ''
      }
    }
    expect(refusal()).toMatch(message)
  })

  it('is refused with another key, and where it is not there', () => {
    const { file } = saved()
    expect(() => readPlan(file, Buffer.from('another key'))).toThrow('made with another key')
    expect(() => readPlan(join(dir, 'no.json'), key)).toThrow('cannot be read')
    expect(() => writePlan(join(dir, 'no', 'plan.json'), plan, key)).toThrow('the plan was not saved: ENOENT')
  })
})

describe('the key of plans', () => {
  it('is made once, for its owner alone', () => {
    const first = planKey({ HOME: dir })
    expect(first).toHaveLength(32)
    expect(planKey({ HOME: dir })).toEqual(first)
    const folder = join(dir, '.config/trueup')
    expect(readdirSync(folder)).toEqual(['plan.key'])
    expect(statSync(join(folder, 'plan.key')).mode & 0o777).toBe(0o600)
  })

  it('is the environment’s where it has one that is long enough', () => {
    expect(planKey({ HOME: dir, TRUEUP_PLAN_KEY: 'sixteen letters.' }).toString()).toBe('sixteen letters.')
    expect(() => planKey({ HOME: dir, TRUEUP_PLAN_KEY: 'short' })).toThrow('too short to be a key')
    expect(readdirSync(dir)).toEqual([])
  })

  it('is not made anew over a broken one', () => {
    planKey({ HOME: dir })
    writeFileSync(join(dir, '.config/trueup/plan.key'), '')
    expect(() => planKey({ HOME: dir })).toThrow('it holds 0 bytes')
  })
})
