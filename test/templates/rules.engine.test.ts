import { execFile } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Vars } from '../../roles/monitoring/vars.ts'
import { SERVICES } from '../../templates/monitoring/ports.ts'
import { prometheusConfig } from '../../templates/monitoring/prometheus.ts'
import { alerts, rulesFile } from '../../templates/monitoring/rules.ts'
import { locked } from '../sandbox/lock.ts'
import { unpacked } from '../sandbox/tools.ts'
import { CASES, WELL } from './rule-cases.ts'
import { firing, input, STEPS, testFile } from './rule-tests.ts'

const OPTIONS = {
  project: 'moja-dzialka',
  thresholds: Vars.parse({ grafana: { password: 'secret' } }).alerts.thresholds,
  nginx: true,
}
const ALL = Object.values(alerts(OPTIONS)).flat()

let dir = ''
let promtool = ''
beforeAll(async () => {
  promtool = await locked('images', () => unpacked('prometheus', 'usr/bin/promtool'))
  dir = await mkdtemp(`${tmpdir()}/trueup-rules-`)
  await mkdir(`${dir}/rules`)
  await writeFile(`${dir}/rules/trueup.yml`, rulesFile(OPTIONS))
  await writeFile(`${dir}/prometheus.yml`, prometheusConfig({ host: 'web1', services: SERVICES }))
}, 300_000)
afterAll(() => rm(dir, { recursive: true, force: true }))

const run = (...args: string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    execFile(promtool, args, { cwd: dir }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, said: stdout + stderr }),
    )
  })

const test = async (name: string, step: string, tests: readonly object[]) => {
  await writeFile(`${dir}/${name}.yml`, testFile(step, tests))
  return run('test', 'rules', `${name}.yml`)
}

describe('what Prometheus is given', () => {
  it('is what promtool takes', async () => {
    const { code, said } = await run('check', 'config', 'prometheus.yml')
    expect(code, said).toBe(0)
    expect(said).toContain(`${ALL.length} rules found`)
  })

  it('is refused where a rule is broken', async () => {
    await writeFile(`${dir}/rules/broken.yml`, 'groups: [{ name: x, rules: [{ alert: X, expr: "up ==" }] }]')
    const { code, said } = await run('check', 'config', 'prometheus.yml')
    await rm(`${dir}/rules/broken.yml`)
    expect({ code, said }).toMatchObject({ code: 1, said: expect.stringContaining('broken.yml') })
  })
})

describe('alerts', () => {
  it('each have a case', () => {
    expect([...new Set(CASES.map(({ alert }) => alert))].sort()).toEqual(ALL.map(({ alert }) => alert).sort())
  })

  it.each(STEPS)('fire, and say what is wrong (a value every %s)', async (step) => {
    const { code, said } = await test(`every-${step}`, step, firing(step, ALL))
    expect(code, said).toBe(0)
  })

  it('are silent on a host that is well', async () => {
    const quiet = ALL.flatMap(({ alert }) =>
      ['12m', '27h', '47h'].map((at) => ({ eval_time: at, alertname: alert, exp_alerts: [] })),
    )
    const tests = [{ interval: '4m', input_series: input(WELL), alert_rule_test: quiet }]
    const { code, said } = await test('well', '4m', tests)
    expect(code, said).toBe(0)
  })
})
