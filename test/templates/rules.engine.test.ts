import { execFile } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Vars } from '../../roles/monitoring/vars.ts'
import { SERVICES } from '../../templates/monitoring/ports.ts'
import { prometheusConfig } from '../../templates/monitoring/prometheus.ts'
import { alerts, rulesFile } from '../../templates/monitoring/rules.ts'
import { locked } from '../sandbox/lock.ts'
import { unpacked } from '../sandbox/tools.ts'
import { CASES, type Case, WELL } from './rule-cases.ts'

const OPTIONS = { project: 'moja-dzialka', thresholds: Vars.parse({}).alerts.thresholds, nginx: true }
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
  const content = { rule_files: ['rules/trueup.yml'], evaluation_interval: step, tests }
  await writeFile(`${dir}/${name}.yml`, stringify(content))
  return run('test', 'rules', `${name}.yml`)
}

const input = (series: Case['series']) => Object.entries(series).map(([name, values]) => ({ series: name, values }))

/** What promtool is to see at that time: the alert as it is told, or nothing. */
const expectation = ({ alert, at, labels, summary, description }: Case) => {
  const rule = ALL.find((one) => one.alert === alert)
  if (rule === undefined) throw new Error(`no alert ${alert}`)
  return {
    eval_time: at,
    alertname: alert,
    exp_alerts: [
      {
        exp_labels: { severity: rule.severity, ...labels },
        exp_annotations: { summary, description: description ?? rule.description },
      },
    ],
  }
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

  it.each(['1m', '1h'])('fire, and say what is wrong (a value every %s)', async (step) => {
    const cases = CASES.filter((one) => (one.step ?? '1m') === step)
    const { code, said } = await test(`every-${step}`, step, [
      ...cases.map((one) => ({
        interval: step,
        input_series: input(one.series),
        alert_rule_test: [expectation(one)],
      })),
    ])
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
