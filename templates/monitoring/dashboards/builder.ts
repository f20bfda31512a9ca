import type { JsonObject } from '../../../tasks/json.ts'

/** Units as Grafana calls them. */
export type Unit = 'short' | 'percent' | 'bytes' | 'Bps' | 's' | 'reqps' | 'ops' | 'iops' | 'dtdhms' | 'dateTimeFromNow'

/** One line of a panel. */
export interface Query {
  readonly expr: string
  /** What the line is called, with `{{label}}`s. */
  readonly legend?: string
}

interface Common {
  readonly title: string
  /** Of 24 columns. */
  readonly width?: number
  readonly height?: number
}

export interface Numbers extends Common {
  readonly kind: 'timeseries' | 'stat'
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** From this value on it is shown in red, or below it. */
  readonly above?: number
  readonly below?: number
}

export interface Logs extends Common {
  readonly kind: 'logs'
  /** A question in LogQL. */
  readonly expr: string
}

export type Panel = Numbers | Logs

export interface Dashboard {
  /** In the dashboard's address: never changes. */
  readonly uid: string
  readonly title: string
  readonly panels: readonly Panel[]
}

export const DATASOURCES = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  loki: { type: 'loki', uid: 'loki' },
} as const

export const timeseries = (title: string, unit: Unit, ...queries: Query[]): Numbers => ({
  kind: 'timeseries',
  title,
  unit,
  queries,
})

export const stat = (
  title: string,
  unit: Unit,
  expr: string,
  limits: Pick<Numbers, 'above' | 'below'> = {},
): Numbers => ({ kind: 'stat', title, unit, width: 6, height: 4, queries: [{ expr }], ...limits })

export const logs = (title: string, expr: string): Logs => ({ kind: 'logs', title, expr, width: 24, height: 10 })

const steps = ({ above, below }: Numbers): JsonObject[] => {
  if (above !== undefined)
    return [
      { color: 'green', value: null },
      { color: 'red', value: above },
    ]
  if (below !== undefined)
    return [
      { color: 'red', value: null },
      { color: 'green', value: below },
    ]
  return [{ color: 'green', value: null }]
}

const content = (panel: Panel): JsonObject => {
  if (panel.kind === 'logs')
    return {
      datasource: DATASOURCES.loki,
      targets: [{ refId: 'A', datasource: DATASOURCES.loki, expr: panel.expr }],
      options: { showTime: true, wrapLogMessage: true, sortOrder: 'Descending' },
    }
  return {
    datasource: DATASOURCES.prometheus,
    targets: panel.queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCES.prometheus,
      expr,
      ...(legend !== undefined && { legendFormat: legend }),
      ...(panel.kind === 'stat' && { instant: true }),
    })),
    fieldConfig: {
      defaults: { unit: panel.unit, thresholds: { mode: 'absolute', steps: steps(panel) } },
      overrides: [],
    },
    ...(panel.kind === 'stat' && { options: { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value' } }),
  }
}

/** Panels from left to right, in rows as full as they go. */
const placed = (panels: readonly Panel[]): JsonObject[] => {
  let [x, y, tallest] = [0, 0, 0]
  return panels.map((panel, index) => {
    const { width: w = 12, height: h = 8 } = panel
    if (x + w > 24) [x, y, tallest] = [0, y + tallest, 0]
    const gridPos = { x, y, w, h }
    x += w
    tallest = Math.max(tallest, h)
    return { id: index + 1, type: panel.kind, title: panel.title, gridPos, ...content(panel) }
  })
}

/** A dashboard as Grafana reads it from a file (Grafana, Dashboard JSON model). */
export const dashboardJson = ({ uid, title, panels }: Dashboard): string =>
  `${JSON.stringify(
    {
      uid,
      title,
      tags: ['trueup'],
      editable: false,
      refresh: '1m',
      schemaVersion: 38,
      time: { from: 'now-6h', to: 'now' },
      templating: { list: [] },
      annotations: { list: [] },
      panels: placed(panels),
    },
    null,
    2,
  )}\n`
