import { type MaybeSecret, Secret, type Site, type Task } from '../../lib/index.ts'
import { shipped } from '../../files/index.ts'
import { restarted } from '../../tasks/compose.ts'
import { directory } from '../../tasks/directory.ts'
import { absent, file } from '../../tasks/file.ts'
import * as prometheus from '../../tasks/prometheus.ts'
import { timer } from '../../tasks/timer.ts'
import { alertmanagerConfig, SECRETS } from '../../templates/monitoring/alertmanager.ts'
import { alloyConfig } from '../../templates/monitoring/alloy.ts'
import { dashboardJson, dashboards } from '../../templates/monitoring/dashboards/index.ts'
import { grafanaDatasources, grafanaProvider } from '../../templates/monitoring/grafana.ts'
import { lokiConfig } from '../../templates/monitoring/loki.ts'
import { at, metricPrefix } from '../../templates/monitoring/ports.ts'
import { prometheusConfig } from '../../templates/monitoring/prometheus.ts'
import { rulesFile } from '../../templates/monitoring/rules.ts'
import { containersOf, servicesOf } from './project.ts'
import type { Vars } from './vars.ts'

/** Prometheus' configuration and rules, each judged with all others by promtool of the image that will run. */
export const scraping = (vars: Vars, { project, dir }: Site, host: string): Task[] => {
  const tree = `${dir}/monitoring/prometheus`
  const common = {
    validate: prometheus.valid(vars.images.prometheus, tree),
    notifies: prometheus.reload(`http://${at('prometheus')}`),
  }
  const { thresholds } = vars.alerts
  return [
    directory({ path: tree }),
    directory({ path: `${tree}/rules` }),
    file({
      path: `${tree}/prometheus.yml`,
      content: prometheusConfig({ host, services: servicesOf(vars) }),
      ...common,
    }),
    file({
      path: `${tree}/rules/trueup.yml`,
      content: rulesFile({ project, thresholds, nginx: vars.watch.nginx }),
      ...common,
    }),
  ]
}

/** The group that the image runs as: root's file, which the container may read. */
const NOBODY = { mode: '0640', group: 'nogroup' }

/** Who hears of alerts; keys and passwords are in files beside the configuration. */
export const routing = ({ alerts, images }: Vars, { dir }: Site): Task[] => {
  const tree = `${dir}/monitoring/alertmanager`
  const { webhook, mail, repeatHours } = alerts
  const notifies = prometheus.reloadAlertmanager(`http://${at('alertmanager')}`)
  const secret = (name: keyof typeof SECRETS, value: MaybeSecret | undefined) => {
    const path = `${tree}/${SECRETS[name]}`
    if (value === undefined) return absent({ path })
    return file({ path, content: value instanceof Secret ? value : new Secret(name, value), ...NOBODY, notifies })
  }
  return [
    directory({ path: tree }),
    secret('webhook', webhook),
    secret('mail', mail?.password),
    file({
      path: `${tree}/alertmanager.yml`,
      content: alertmanagerConfig({ webhook: webhook !== undefined, repeatHours, ...(mail && { mail }) }),
      validate: prometheus.validAlertmanager(images.alertmanager, tree),
      notifies,
    }),
  ]
}

/** Where logs go, and what collects them; both read their configuration when they start. */
export const logging = ({ keep }: Vars, site: Site): Task[] => {
  const configured = (service: string, name: string, content: string) => {
    const tree = `${site.dir}/monitoring/${service}`
    const notifies = restarted(containersOf(site), service, tree)
    return [directory({ path: tree }), file({ path: `${tree}/${name}`, content, notifies })]
  }
  return [
    ...configured('loki', 'loki.yml', lokiConfig(keep.logs)),
    ...configured('alloy', 'config.alloy', alloyConfig()),
  ]
}

const EVERYTHING = { nginx: true, postgres: true, redis: true }

/** Grafana's data sources, which it reads when it starts, and dashboards, which it takes up by itself. */
export const views = (vars: Vars, site: Site): Task[] => {
  const tree = `${site.dir}/monitoring/grafana`
  const wanted = dashboards(site.project, vars.watch)
  const notifies = restarted(containersOf(site), 'grafana', `${tree}/provisioning`)
  const provisioned = (path: string, content: string) =>
    file({ path: `${tree}/provisioning/${path}/trueup.yml`, content, notifies })
  return [
    directory({ path: tree }),
    directory({ path: `${tree}/provisioning` }),
    directory({ path: `${tree}/provisioning/datasources` }),
    directory({ path: `${tree}/provisioning/dashboards` }),
    directory({ path: `${tree}/dashboards` }),
    provisioned('datasources', grafanaDatasources()),
    provisioned('dashboards', grafanaProvider()),
    ...Object.entries(dashboards(site.project, EVERYTHING)).map(([one, dashboard]) => {
      const path = `${tree}/dashboards/${one}.json`
      return one in wanted ? file({ path, content: dashboardJson(dashboard) }) : absent({ path })
    }),
  ]
}

/** When the web server's certificate expires, told every hour. */
export const certificates = ({ project, dir }: Site, certificate: string): Task[] => {
  const path = `${dir}/monitoring/certificates.sh`
  return [
    file({ path, content: shipped('monitoring/certificates.sh'), mode: '0755' }),
    ...timer({
      name: 'trueup-certificates',
      description: 'Tells the monitoring when certificates expire',
      onCalendar: 'hourly',
      command: [path, '/var/lib/node-exporter', metricPrefix(project), certificate],
      timeout: 60,
    }),
  ]
}
