/**
 * Where everything of the monitoring is found, all of it on the loopback. Prometheus and the exporters of the host run in
 * the host's network (a bridge cannot reach the host through the firewall, and would show its own network instead of the
 * host's); what does not need that is published there.
 */
export const PORTS = {
  prometheus: 9090,
  grafana: 3001,
  alertmanager: 9093,
  loki: 3100,
  alloy: 12345,
  'node-exporter': 9100,
  cadvisor: 8080,
  'postgres-exporter': 9187,
  'redis-exporter': 9121,
  'nginx-exporter': 9113,
} as const

export type ServiceName = keyof typeof PORTS

export const SERVICES = Object.keys(PORTS) as readonly ServiceName[]

/** nginx's own word on its connections (ngx_http_stub_status_module). */
export const STATUS_PORT = 8090

export const at = (service: ServiceName): string => `127.0.0.1:${PORTS[service]}`

/** A project's name as metrics have it: they know no dash. */
export const metricPrefix = (project: string): string => project.replaceAll('-', '_')
