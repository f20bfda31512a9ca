import { DATASOURCES } from './dashboards/builder.ts'
import { at } from './ports.ts'
import { yaml } from './yaml.ts'

/** provisioning/datasources/trueup.yml: where dashboards get their numbers and logs from; nobody changes it by hand. */
export const grafanaDatasources = (): string =>
  yaml({
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        ...DATASOURCES.prometheus,
        access: 'proxy',
        url: `http://${at('prometheus')}`,
        isDefault: true,
        editable: false,
        jsonData: { timeInterval: '15s' },
      },
      { name: 'Loki', ...DATASOURCES.loki, access: 'proxy', url: `http://${at('loki')}`, editable: false },
      {
        name: 'Alertmanager',
        type: 'alertmanager',
        uid: 'alertmanager',
        access: 'proxy',
        url: `http://${at('alertmanager')}`,
        editable: false,
        jsonData: { implementation: 'prometheus' },
      },
    ],
  })

/** provisioning/dashboards/trueup.yml: a folder that Grafana looks through every half minute. */
export const grafanaProvider = (): string =>
  yaml({
    apiVersion: 1,
    providers: [
      {
        name: 'trueup',
        folder: 'Server',
        type: 'file',
        updateIntervalSeconds: 30,
        allowUiUpdates: false,
        disableDeletion: false,
        options: { path: '/etc/grafana/dashboards' },
      },
    ],
  })
