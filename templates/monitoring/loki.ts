import { yaml } from './yaml.ts'

/** loki.yml: one process, its files in one volume, and nothing kept for longer than so many days (the index is by day). */
export const lokiConfig = (days: number): string =>
  yaml({
    auth_enabled: false,
    analytics: { reporting_enabled: false },
    server: { http_listen_port: 3100, log_level: 'warn' },
    common: {
      path_prefix: '/loki',
      replication_factor: 1,
      ring: { instance_addr: '127.0.0.1', kvstore: { store: 'inmemory' } },
      storage: { filesystem: { chunks_directory: '/loki/chunks', rules_directory: '/loki/rules' } },
    },
    schema_config: {
      configs: [
        {
          from: '2024-01-01',
          store: 'tsdb',
          object_store: 'filesystem',
          schema: 'v13',
          index: { prefix: 'index_', period: '24h' },
        },
      ],
    },
    compactor: { working_directory: '/loki/compactor', retention_enabled: true, delete_request_store: 'filesystem' },
    limits_config: { retention_period: `${days * 24}h`, reject_old_samples: true, reject_old_samples_max_age: '168h' },
  })
