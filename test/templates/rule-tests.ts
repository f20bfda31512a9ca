import { stringify } from 'yaml'
import { type Alert } from '../../templates/monitoring/rules.ts'
import { CASES, type Case, type Series } from './rule-cases.ts'

/** Series as a file of promtool's unit tests has them. */
export const input = (series: Series) => Object.entries(series).map(([name, values]) => ({ series: name, values }))

/** What promtool is to see at that time: the alert as it is told, with everything that it says. */
const expectation = ({ alert, at, labels, summary, description }: Case, alerts: readonly Alert[]) => {
  const rule = alerts.find((one) => one.alert === alert)
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

/** The steps, from one value to the next, that cases have. */
export const STEPS = ['1m', '1h'] as const

/** A file for `promtool test rules`: each case with that step has its alert fire. */
export const firing = (step: (typeof STEPS)[number], alerts: readonly Alert[]) =>
  CASES.filter((one) => (one.step ?? '1m') === step).map((one) => ({
    interval: step,
    input_series: input(one.series),
    alert_rule_test: [expectation(one, alerts)],
  }))

/** The file itself (prometheus.io, Unit testing for rules). */
export const testFile = (step: string, tests: readonly object[]): string =>
  stringify({ rule_files: ['rules/trueup.yml'], evaluation_interval: step, tests })
