import { at, type ServiceName } from './ports.ts'
import { yaml } from './yaml.ts'

export interface Scraping {
  /** The host's name, told with every alert. */
  readonly host: string
  readonly services: readonly ServiceName[]
}

/** The services, and what Prometheus calls what they tell of. */
const JOBS: Readonly<Record<ServiceName, string>> = {
  prometheus: 'prometheus',
  grafana: 'grafana',
  alertmanager: 'alertmanager',
  loki: 'loki',
  alloy: 'alloy',
  'node-exporter': 'node',
  cadvisor: 'cadvisor',
  'postgres-exporter': 'postgres',
  'redis-exporter': 'redis',
  'nginx-exporter': 'nginx',
}

/** prometheus.yml: everything that tells of itself is asked every 15 seconds; rules are in the folder beside it. */
export const prometheusConfig = ({ host, services }: Scraping): string =>
  yaml({
    global: { scrape_interval: '15s', evaluation_interval: '15s', external_labels: { host } },
    rule_files: ['rules/*.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [at('alertmanager')] }] }] },
    scrape_configs: services.map((name) => ({
      job_name: JOBS[name],
      // Docker's own numbers of containers are costly to read.
      ...(name === 'cadvisor' && { scrape_interval: '30s' }),
      static_configs: [{ targets: [at(name)] }],
    })),
  })
